// Command linking links the same packages as awsmfa and prints a line: it is a baseline for awsmfa's start-up time.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/adrg/xdg"
	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
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
}
