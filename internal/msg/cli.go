package msg

import "fmt"

func NotForgotten(err error) string {
	return fmt.Sprintf("the MFA device that is gone cannot be forgotten: %s", err)
}
