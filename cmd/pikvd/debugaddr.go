package main

import (
	"context"
	"fmt"
	"net/netip"

	"go.uber.org/zap"

	"pikv/inspect"
)

// startDebug listens at --debug-addr, unless that is "", and returns where, and
// what ends it.
func startDebug(addr string, log *zap.Logger) (where string, stop func(), err error) {
	if addr == "" {
		return "", func() {}, nil
	}
	s := inspect.New(addr, log.Named("debug"))
	if err := s.Start(context.Background()); err != nil {
		s.Close()
		return "", nil, err
	}
	return s.Addr(), s.Close, nil
}

// debugWarning says what follows from an address that other machines reach.
func debugWarning(addr string) string {
	if ap, err := netip.ParseAddrPort(addr); err != nil || ap.Addr().IsLoopback() {
		return ""
	}
	return fmt.Sprintf("--debug-addr %s is open to everybody on that network, without a password", addr)
}
