package rpcserver

import (
	"math/bits"
	"sync"

	"pikv/heaplimit"
)

// keepLargeFrame is the largest buffer that is kept for another large frame,
// until the collector has come by twice.
const keepLargeFrame = 16<<20 + keepFrame

// framePool keeps the buffers of large frames for others of about their size:
// the chunks of a snapshot and the values of clients come in turns. Safe for
// concurrent use.
type framePool [bits.UintSize + 1]sync.Pool // of *[]byte, by the bits of its capacity

// put keeps a buffer of which nobody has a part any more.
func (p *framePool) put(frame []byte) {
	if n := cap(frame); n <= keepLargeFrame {
		p[bits.Len(uint(n))].Put(&frame)
	}
}

// get implements wire.FrameReader.Reuse. A small frame is not given the room of
// one that is more than twice as large.
func (p *framePool) get(_ []byte, least, whole int) []byte {
	class := bits.Len(uint(whole))
	for i := class; i <= class+1 && i < len(p); i++ {
		kept, ok := p[i].Get().(*[]byte)
		switch {
		case !ok:
		case cap(*kept) < least || cap(*kept)/2 > whole:
			p[i].Put(kept)
		default:
			return (*kept)[:0]
		}
	}
	heaplimit.MakeRoom(least)
	return nil
}
