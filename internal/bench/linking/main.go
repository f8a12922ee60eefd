// Command linking links the same packages as awsmfa and prints a line: it is a baseline for awsmfa's start-up time.
package main

import (
	"context"
	"fmt"
	"image/png"
	"net/http"
	"os"

	"github.com/adrg/xdg"
	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/gofrs/flock"
	"github.com/zalando/go-keyring"
	"golang.org/x/term"
	"golang.org/x/text/width"
	"rsc.io/qr"
)

func main() {
	if len(os.Args) > 1 { // never true, but the linker cannot know
		use()
	}
	fmt.Println("linked")
}

// use calls the same functions as awsmfa, so that the linker includes the same code.
func use() {
	var grammar struct{}
	_, err := kong.Must(&grammar).Parse(os.Args)
	fmt.Println(xdg.CacheHome, err)
	cfg, err := config.LoadDefaultConfig(context.Background())
	fmt.Println(err)
	fmt.Println(sts.NewFromConfig(cfg).GetSessionToken(context.Background(), nil))
	fmt.Println(iam.NewFromConfig(cfg).ListMFADevices(context.Background(), nil))
	code, err := qr.Encode("", qr.M)
	fmt.Println(png.Encode(os.Stdout, code.Image()), err)
	fmt.Println(http.ListenAndServe("", nil), flock.New("").Lock())
	fmt.Println(keyring.Get("", ""))
	fmt.Println(term.ReadPassword(0))
	fmt.Println(width.LookupString(""))
}
