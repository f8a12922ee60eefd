package cli_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// does is a program that carries out its arguments one after the other. Scripts use it instead of sh, which Windows
// does not have.
func does() {
	for i, arg := range os.Args[1:] {
		step, value, _ := strings.Cut(arg, "=")
		var err error
		if step == "run" { // the rest
			err = runProgram(os.Args[i+2:])
		} else {
			err = do(step, value)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "does: %s: %v\n", step, err) // not the value: it may be a code
			os.Exit(1)
		}
		if step == "run" {
			return
		}
	}
}

func runProgram(argv []string) error {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

func do(step, value string) error {
	switch step {
	case "out": // a line
		_, err := fmt.Println(value)
		return err
	case "err":
		fmt.Fprintln(os.Stderr, value)
	case "cat": // a file
		return copyFile(os.Stdout, value)
	case "view": // a file is copied to the one that SEEN names, which is there once it is whole
		text, err := os.ReadFile(value)
		if err != nil {
			return err
		}
		seen := os.Getenv("SEEN")
		if err := os.WriteFile(seen+".part", text, 0o600); err != nil {
			return err
		}
		return os.Rename(seen+".part", seen)
	case "catenv": // the file that a variable names
		return copyFile(os.Stdout, os.Getenv(value))
	case "sizeenv": // in bytes
		info, err := os.Stat(os.Getenv(value))
		if err == nil {
			fmt.Println(info.Size())
		}
		return err
	case "stdin": // to out or err
		to := map[string]*os.File{"out": os.Stdout, "err": os.Stderr}[value]
		_, err := io.Copy(to, os.Stdin)
		return err
	case "eof": // says whether stdin is at its end
		if _, err := bufio.NewReader(os.Stdin).ReadByte(); errors.Is(err, io.EOF) {
			fmt.Fprintln(os.Stderr, "eof")
		}
	case "append": // a line to a file
		return appendLine(value)
	case "count": // the same, and says as six digits how many there are
		if err := appendLine(value); err != nil {
			return err
		}
		text, err := os.ReadFile(value)
		fmt.Printf("%06d", strings.Count(string(text), "\n"))
		return err
	case "endless":
		for {
			if _, err := fmt.Print(value); err != nil {
				os.Exit(1) // nobody reads any more
			}
		}
	case "endlesslines":
		for {
			if _, err := fmt.Println(value); err != nil {
				os.Exit(1)
			}
		}
	case "set":
		name, value, _ := strings.Cut(value, "=")
		return os.Setenv(name, value)
	case "unread": // what follows has a stdout that nobody reads
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		os.Stdout = w
		return r.Close()
	case "session": // the one in the variables, as a credential_process prints it
		return json.NewEncoder(os.Stdout).Encode(map[string]any{
			"Version":         1,
			"AccessKeyId":     os.Getenv("AWS_ACCESS_KEY_ID"),
			"SecretAccessKey": os.Getenv("AWS_SECRET_ACCESS_KEY"),
			"SessionToken":    os.Getenv("AWS_SESSION_TOKEN"),
			"Expiration":      os.Getenv("AWS_CREDENTIAL_EXPIRATION"),
		})
	case "sleep": // seconds
		n, err := strconv.Atoi(value)
		time.Sleep(time.Duration(n) * time.Second)
		return err
	case "leave": // a process that keeps stdout open for so many seconds; its number is in the file "left"
		cmd := exec.Command(os.Args[0], "sleep="+value)
		cmd.Stdout = os.Stdout
		if err := cmd.Start(); err != nil {
			return err
		}
		return os.WriteFile("left", []byte(strconv.Itoa(cmd.Process.Pid)), 0o600)
	case "kill": // the process that was left; an error when it is over
		text, err := os.ReadFile(value)
		if err != nil {
			return err
		}
		pid, err := strconv.Atoi(string(text))
		if err != nil {
			return err
		}
		left, err := os.FindProcess(pid)
		if err != nil {
			return err
		}
		return left.Kill()
	case "exit":
		code, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		os.Exit(code)
	default:
		return errors.New("no such step")
	}
	return nil
}

func copyFile(to io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(to, f)
	return err
}

func appendLine(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString("run\n")
	return errors.Join(err, f.Close())
}
