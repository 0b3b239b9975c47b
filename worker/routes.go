package worker

import "pikv/wire"

// routes tells the server which method leads where.
func (w *Worker) routes() {
	w.server.Handle(wire.MethodGet, w.handleGet)
	w.server.Handle(wire.MethodPut, w.handlePut)
	w.server.Handle(wire.MethodIncr, w.handleIncr)
	w.server.Handle(wire.MethodGetSet, w.handleGetSet)
	w.server.Handle(wire.MethodDel, w.handleDel)
	w.server.Handle(wire.MethodMGet, w.handleMGet)
	w.server.Handle(wire.MethodMPut, w.handleMPut)
	w.server.Handle(wire.MethodMDel, w.handleMDel)
	w.server.HandleSlow(wire.MethodKeys, w.handleKeys)
	w.server.Handle(wire.MethodOwner, w.handleOwner)
	w.server.HandleSlow(wire.MethodView, w.handleView)
	w.server.HandleSlow(wire.MethodStatus, w.handleStatus)
	w.server.HandleSlow(wire.MethodMembers, w.handleMembers)
	for _, method := range []string{wire.MethodDrain, wire.MethodSpare, wire.MethodActivate, wire.MethodWeight, wire.MethodRemove, wire.MethodEvents, wire.MethodReplicas, wire.MethodReset, wire.MethodChange} {
		w.server.HandleSlow(method, w.handleRelayed)
	}
	w.server.HandleHello(wire.MethodPeer, w.welcome)
	w.server.HandleNotify(wire.MethodPeer, w.handlePeer)
}
