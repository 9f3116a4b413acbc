package lab

// Link is the hardware address of one of the host's interfaces, and whether there is
// such an interface.
func (h *Host) Link(name string) (mac string, ok bool) {
	link, err := h.handle.LinkByName(name)
	if err != nil {
		return "", false
	}
	return link.Attrs().HardwareAddr.String(), true
}

// RemoveLink removes one of the host's interfaces.
func (h *Host) RemoveLink(name string) {
	h.lab.t.Helper()
	link, err := h.handle.LinkByName(name)
	h.lab.check(err, "%s: find %s", h.Name, name)
	h.lab.check(h.handle.LinkDel(link), "%s: remove %s", h.Name, name)
}
