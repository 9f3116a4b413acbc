package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
)

// renamed are the keys that nfpm calls otherwise than goreleaser.
var renamed = map[string]string{"package_name": "name", "dependencies": "depends"}

// own are the keys that are goreleaser's alone.
var own = []string{"id", "ids", "formats", "bindir", "meta", "file_name_template"}

// pack builds one package for one architecture, in every format that was asked
// for and that it has.
func (o options) pack(p map[string]any, binaries []string, f facts, arch string) error {
	config, err := nfpmConfig(p, binaries, f, arch)
	if err != nil {
		return err
	}
	text, err := yaml.Marshal(config)
	if err != nil {
		return err
	}
	path := filepath.Join(o.out, fmt.Sprintf("%v_%s.yaml", config["name"], arch))
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return err
	}
	formats, _ := p["formats"].([]any)
	for _, format := range formats {
		name := fmt.Sprint(format)
		if !slices.Contains(o.formats, name) {
			continue
		}
		err := command([]string{"CGO_ENABLED=0"}, "go", "tool", "-modfile=packaging/nfpm.mod", "nfpm", "package", "--config", path, "--packager", name, "--target", o.out)
		if err != nil {
			return err
		}
	}
	return os.Remove(path)
}

// nfpmConfig turns an entry of goreleaser's nfpms into a file of nfpm's.
func nfpmConfig(p map[string]any, binaries []string, f facts, arch string) (map[string]any, error) {
	config := forNFPM(p)
	config["arch"], config["platform"], config["version"] = arch, "linux", f.Version
	if overrides, ok := p["overrides"].(map[string]any); ok {
		all := map[string]any{}
		for format, o := range overrides {
			if o, ok := o.(map[string]any); ok {
				all[format] = forNFPM(o)
			}
		}
		config["overrides"] = all
	}
	if mtime, ok := config["mtime"].(string); ok {
		filled, err := f.fill(mtime)
		if err != nil {
			return nil, err
		}
		config["mtime"] = filled
	}
	if p["meta"] == true {
		return config, nil
	}
	contents, _ := config["contents"].([]any)
	for _, b := range binaries {
		contents = append(slices.Clip(contents), map[string]any{
			"src": b, "dst": fmt.Sprint(p["bindir"], "/", filepath.Base(b)), "file_info": map[string]any{"mode": 0o755},
		})
	}
	config["contents"] = contents
	return config, nil
}

// forNFPM is m with nfpm's keys.
func forNFPM(m map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range m {
		if slices.Contains(own, key) {
			continue
		}
		if name, ok := renamed[key]; ok {
			key = name
		}
		out[key] = value
	}
	return out
}
