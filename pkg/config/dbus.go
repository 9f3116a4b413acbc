package config

// DBus is the interface that instances have on the system bus.
type DBus struct {
	Enabled bool
	// Service is the well-known name that is asked of the bus.
	Service string
	// NoInterfaceName leaves the network interface out of an instance's object
	// path.
	NoInterfaceName bool
}

func dbusKeywords() []Keyword {
	return []Keyword{
		{Name: "enable_dbus", decode: flag(in(func(g *Global) *bool { return &g.DBus.Enabled })),
			Doc: "offer the instances on D-Bus"},
		{Name: "dbus_service_name", Args: "NAME", Default: "org.keepalived.Vrrp1", decode: text(in(func(g *Global) *string { return &g.DBus.Service })),
			Doc: "name of the service on D-Bus"},
		{Name: "dbus_no_interface_name", Since: "2.4", decode: flag(in(func(g *Global) *bool { return &g.DBus.NoInterfaceName })),
			Doc: "leave the network interface out of the object paths"},
	}
}
