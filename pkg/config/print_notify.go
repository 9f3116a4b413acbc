package config

import "time"

func (p *printer) mail(m Mail) {
	if len(m.To) > 0 {
		p.block("notification_email", func() {
			for _, to := range m.To {
				p.item(to)
			}
		})
	}
	p.given("notification_email_from", m.From)
	switch {
	case m.ServerName != "":
		p.line("smtp_server", m.ServerName, m.Server.Port())
	case m.Server.IsValid():
		p.line("smtp_server", m.Server.Addr(), m.Server.Port())
	}
	p.given("smtp_helo_name", m.Hello)
	p.time("smtp_connect_timeout", m.Timeout, time.Second)
	p.onOff("smtp_alert_vrrp", m.VRRP)
	if m.Checker == m.Quorum { // otherwise it was not said
		p.onOff("smtp_alert_checker", m.Checker)
	}
	p.set("no_email_faults", m.NoFaults)
	p.onOff("no_checker_emails", m.ServersOnly)
}

func (p *printer) fifos(f FIFOs) {
	p.fifo("notify_fifo", f.All)
	p.fifo("vrrp_notify_fifo", f.VRRP)
	p.fifo("lvs_notify_fifo", f.LVS)
	p.onOff("vrrp_notify_priority_changes", f.Priorities)
	p.set("fifo_write_vrrp_states_on_reload", f.OnReload)
}

func (p *printer) fifo(name string, f FIFO) {
	switch {
	case f.Path == "":
	case f.User == "":
		p.line(name, f.Path)
	case f.Group == "":
		p.line(name, f.Path, f.User)
	default:
		p.line(name, f.Path, f.User, f.Group)
	}
	p.program(name+"_script", f.Script)
}

func (p *printer) snmp(s SNMP) {
	p.line("snmp_socket", s.Socket)
	p.set("enable_snmp_vrrp", s.VRRP)
	p.set("enable_snmp_checker", s.Checker)
	p.set("enable_snmp_rfcv2", s.RFCv2)
	p.set("enable_snmp_rfcv3", s.RFCv3)
	p.set("enable_traps", s.Traps)
	usual := defaultGlobal().SNMP.ServiceInterval
	if s.ServiceInterval != usual {
		p.time("snmp_vs_stats_update_interval", s.ServiceInterval, time.Second)
	}
	if s.RealInterval != s.ServiceInterval {
		p.time("snmp_rs_stats_update_interval", s.RealInterval, time.Second)
	}
}

func (p *printer) dbus(d DBus) {
	p.set("enable_dbus", d.Enabled)
	p.line("dbus_service_name", d.Service)
	p.set("dbus_no_interface_name", d.NoInterfaceName)
}
