package cli_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
			fmt.Fprintf(os.Stderr, "does: %s: %v\n", step, err) // without the value, which may be a code
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
	case "view": // copies a file to the path in SEEN, which exists once the copy is complete
		text, err := os.ReadFile(value)
		if err != nil {
			return err
		}
		seen := os.Getenv("SEEN")
		if err := os.WriteFile(seen+".part", text, 0o600); err != nil {
			return err
		}
		return os.Rename(seen+".part", seen)
	case "catenv": // the file named by a variable
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
	case "eof": // prints eof if stdin is at its end
		if _, err := bufio.NewReader(os.Stdin).ReadByte(); errors.Is(err, io.EOF) {
			fmt.Fprintln(os.Stderr, "eof")
		}
	case "append": // a line to a file
		return appendLine(value)
	case "count": // the same, and prints the number of lines as six digits
		if err := appendLine(value); err != nil {
			return err
		}
		text, err := os.ReadFile(value)
		fmt.Printf("%06d", strings.Count(string(text), "\n"))
		return err
	case "endless":
		for {
			if _, err := fmt.Print(value); err != nil {
				os.Exit(1) // the reader has closed the pipe
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
	case "unread": // the next steps get a stdout without a reader
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
	case "await": // a file, which another process makes
		for range 600 {
			if _, err := os.Stat(value); err == nil {
				return nil
			}
			time.Sleep(50 * time.Millisecond)
		}
		return fs.ErrNotExist
	case "leave": // starts a process that keeps stdout open for so many seconds; its ID is in the file "left"
		cmd := exec.Command(os.Args[0], "sleep="+value)
		cmd.Stdout = os.Stdout
		if err := cmd.Start(); err != nil {
			return err
		}
		return os.WriteFile("left", []byte(strconv.Itoa(cmd.Process.Pid)), 0o600)
	case "kill": // the process started by "leave"; an error if it has ended
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
