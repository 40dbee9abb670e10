package main

import "testing"

func TestARepeatedPaymentIsBookedOnce(t *testing.T) {
	ledger := NewLedger()
	payment := Payment{Key: "k1", Order: "o1", Cents: 1990}
	if !ledger.Book(payment) {
		t.Fatal("the first payment must be new")
	}
	if ledger.Book(payment) {
		t.Fatal("the second payment must not be new")
	}
}
