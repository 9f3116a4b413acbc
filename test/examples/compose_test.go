package examples

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// A composition is what is read of a compose file.
type composition struct {
	Services map[string]struct {
		Command     []string
		CapDrop     []string `yaml:"cap_drop"`
		CapAdd      []string `yaml:"cap_add"`
		ReadOnly    bool     `yaml:"read_only"`
		Tmpfs       []string
		Volumes     []string
		NetworkMode string `yaml:"network_mode"`
		Networks    map[string]struct {
			IPv4 netip.Addr `yaml:"ipv4_address"`
		}
	}
	Networks map[string]struct {
		IPAM struct {
			Config []struct{ Subnet netip.Prefix }
		}
	}
}

// TestCompose holds the containers' files to what their story is told with: two
// capabilities, /run to write to, a file for each node.
func TestCompose(t *testing.T) {
	dir := filepath.Join(examples, "containers")
	story, err := os.ReadFile("testdata/containers.story")
	if err != nil {
		t.Fatal(err)
	}
	for name, nodes := range map[string]int{"compose.yaml": 2, "compose.host.yaml": 1} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var c composition
		if err := yaml.Unmarshal(text, &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(c.Services) != nodes {
			t.Errorf("%s: %d services, want %d", name, len(c.Services), nodes)
		}
		mounted := map[string]bool{}
		for service, s := range c.Services {
			caps := strings.ToLower(strings.Join(s.CapAdd, ","))
			if !strings.Contains(string(story), ".conf "+caps+"\n") || !slices.Equal(s.CapDrop, []string{"ALL"}) {
				t.Errorf("%s, %s: capabilities %v but %v, not those of the story", name, service, s.CapDrop, s.CapAdd)
			}
			if !s.ReadOnly || !slices.Equal(s.Tmpfs, []string{"/run"}) || s.Command[0] != "run" {
				t.Errorf("%s, %s: %+v", name, service, s)
			}
			if s.NetworkMode != "host" && !c.Networks["lan"].IPAM.Config[0].Subnet.Contains(s.Networks["lan"].IPv4) {
				t.Errorf("%s, %s: %v is not on the network", name, service, s.Networks["lan"].IPv4)
			}
			if len(s.Volumes) != 1 {
				t.Fatalf("%s, %s: %q", name, service, s.Volumes)
			}
			file, place, _ := strings.Cut(strings.ReplaceAll(s.Volumes[0], "${NODE:?node-a or node-b}", "node-a"), ":")
			if _, err := os.Stat(filepath.Join(dir, file)); err != nil || place != "/etc/keepalived/keepalived.conf:ro" {
				t.Errorf("%s, %s: %v, mounted at %s", name, service, err, place)
			}
			mounted[file] = true
		}
		if len(mounted) != nodes {
			t.Errorf("%s: the nodes have the files %v", name, mounted)
		}
	}
}
