// Command empty does nothing: it is the baseline for awsmfa's start-up time.
package main

func main() {}
