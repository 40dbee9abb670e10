package main

import "sync"

// Payment is one payment of an order; Key makes a repeated request harmless.
type Payment struct {
	Key   string `json:"key"`
	Order string `json:"order"`
	Cents int64  `json:"cents"`
}

// Ledger remembers payments by key.
type Ledger struct {
	mu       sync.Mutex
	payments map[string]Payment
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{payments: map[string]Payment{}}
}

// Book stores a payment once and reports whether it was new.
func (l *Ledger) Book(p Payment) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.payments[p.Key]; known {
		return false
	}
	l.payments[p.Key] = p
	return true
}
