package wire

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorIsAndAs(t *testing.T) {
	err := fmt.Errorf("put key: %w", &Error{Code: CodeMoved, Text: "moved to w2", Owner: "h:1", Epoch: 5})
	if !errors.Is(err, &Error{Code: CodeMoved}) || errors.Is(err, &Error{Code: CodeBusy}) || errors.Is(err, ErrType) {
		t.Error("errors.Is does not compare codes")
	}
	if e := AsError(err); e.Owner != "h:1" || e.Error() != "moved to w2 (moved)" {
		t.Errorf("AsError = %+v", e)
	}
	if e := AsError(ErrType); e.Code != CodeInternal || e.Text != ErrType.Error() {
		t.Errorf("AsError of a foreign error = %+v", e)
	}
}

func TestOnlyErrorsWithoutEffectAreRetryable(t *testing.T) {
	for _, code := range []Code{CodeMoved, CodeBusy, CodeTimeout, CodeShuttingDown, CodeLarge} {
		if !(&Error{Code: code}).Retryable() {
			t.Errorf("%s is not retryable", code)
		}
	}
	for _, code := range []Code{CodeUnknownFate, CodeForgotten, CodeBadRequest, CodeOutOfMemory, CodeInternal, CodeStale, CodeCondition, CodeNotInteger, "later"} {
		if (&Error{Code: code}).Retryable() {
			t.Errorf("%s is retryable", code)
		}
	}
}
