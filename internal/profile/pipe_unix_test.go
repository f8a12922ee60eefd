//go:build unix

package profile

import (
	"fmt"
	"os"
	"testing"
)

// TestPipe reads a config that can be read only once, as AWS_CONFIG_FILE=<(…) is.
func TestPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := fmt.Sprintf("/dev/fd/%d", r.Fd())
	fmt.Fprint(w, "[services s]\nsts=\n  endpoint_url=http://x\n[profile p]\nservices=s\n")
	w.Close()
	p, err := Load(Files{Config: path}, "p")
	if err != nil {
		t.Fatal(err)
	}
	if url, _, err := p.ServiceEndpoint("sts"); url != "http://x" || err != nil {
		t.Error(url, err)
	}
}
