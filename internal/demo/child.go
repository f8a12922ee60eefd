package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// The arguments that make the demo's own program a child.
const (
	listFunctionsArg = "demo:list-functions" // a small AWS client
	variablesArg     = "demo:variables"      // prints its environment
)

func child(args []string) (code int, ok bool) {
	if len(args) < 2 {
		return 0, false
	}
	switch args[1] {
	case listFunctionsArg:
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := listFunctions(ctx, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "list-functions:", err)
			return 1, true
		}
		return 0, true
	case variablesArg:
		for _, name := range sessionVars {
			fmt.Printf("%s=%s\n", name, os.Getenv(name))
		}
		return 0, true
	}
	return 0, false
}

// listFunctions works like `aws lambda list-functions`: a client of the SDK that reads only the environment and the AWS
// files, and knows nothing of awsmfa.
func listFunctions(ctx context.Context, out io.Writer) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	keys, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(
		ctx,
		http.MethodGet,
		aws.ToString(cfg.BaseEndpoint)+"/2015-03-31/functions",
		nil,
	)
	if err != nil {
		return err
	}
	empty := sha256.Sum256(nil)
	hash := hex.EncodeToString(empty[:])
	err = v4.NewSigner().SignHTTP(ctx, keys, request, hash, "lambda", cfg.Region, time.Now())
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Message   string
		Functions []struct{ FunctionName string }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		code, _, _ := strings.Cut(response.Header.Get("X-Amzn-ErrorType"), ":")
		return fmt.Errorf("%s: %s", code, answer.Message)
	}
	var names []string
	for _, f := range answer.Functions {
		names = append(names, f.FunctionName)
	}
	_, err = fmt.Fprintf(out, "%s in %s: %s\n", aws.ToString(who.Arn), cfg.Region, strings.Join(names, ", "))
	return err
}
