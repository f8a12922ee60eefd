// Command empty is what nothing costs: it is what awsmfa's start is measured beside.
package main

func main() {}
