// Package service tests kactl run as whoever starts it sees it: as a service of
// systemd, and as the first process of a container.
package service

import (
	"testing"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) { lab.TestMain(m, false) }

// conf tracks a script that succeeds and tells another one of every state.
const conf = `
global_defs {
    script_user root
    enable_script_security
}

vrrp_script check {
    script "{{.Dir}}/check.sh"
    interval 1
    rise 1
    fall 1
}

vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 1
    virtual_ipaddress {
        203.0.113.16/24
    }
    track_script {
        check
    }
    notify "{{.Dir}}/notify.sh"
}
`
