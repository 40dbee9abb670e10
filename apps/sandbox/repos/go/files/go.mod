module git.example.com/shop/pay-gate

go 1.22
