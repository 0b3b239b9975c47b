#include "textflag.h"

// func Line(p unsafe.Pointer)
TEXT ·Line(SB), NOSPLIT, $0-4
	MOVW p+0(FP), R0
	PLD (R0)
	RET
