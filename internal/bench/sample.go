package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// sample is one run of a program, from fork to wait.
type sample struct{ wall, cpu time.Duration }

// start runs a program without input and discards its output. It uses only os.StartProcess: no goroutine, no pipe.
func (b *bench) start(argv, env []string) (sample, error) {
	if err := b.ctx.Err(); err != nil {
		return sample{}, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return sample{}, err
	}
	defer null.Close()
	attr := &os.ProcAttr{Dir: b.Home, Env: env, Files: []*os.File{null, null, os.Stderr}}
	began := time.Now()
	p, err := os.StartProcess(argv[0], argv, attr)
	if err != nil {
		return sample{}, err
	}
	state, err := p.Wait()
	wall := time.Since(began)
	if err != nil {
		return sample{}, err
	}
	if !state.Success() {
		if err := b.ctx.Err(); err != nil {
			return sample{}, err
		}
		return sample{}, fmt.Errorf("%s: %s", filepath.Base(argv[0]), state)
	}
	return sample{wall: wall, cpu: state.UserTime() + state.SystemTime()}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// times returns the samples in milliseconds.
func times(samples []sample, which func(sample) time.Duration) []float64 {
	ms := make([]float64, len(samples))
	for i, s := range samples {
		ms[i] = milliseconds(which(s))
	}
	return ms
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

func lowest(v []float64) float64  { return slices.Min(v) }
func highest(v []float64) float64 { return slices.Max(v) }
