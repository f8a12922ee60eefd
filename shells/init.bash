# eval "$(awsmfa init bash)"

\unalias FUNCTION 2>/dev/null || \true

# No secret shows under set -x or set -v, or in a DEBUG trap: the options that show it are off until the function
# returns. bash 3.2 has no `local -`, so they are also restored by hand.
FUNCTION() {
	{
		\local _awsmfa_options="$-" _awsmfa_status=0
		\local - || \true
		\set +xvT
	} 2>/dev/null
	_awsmfa_call "$@" || _awsmfa_status=$?
	{
		\set "-${_awsmfa_options//[!xvT]/}" # a lone - changes nothing
		\return "$_awsmfa_status"
	} 2>/dev/null
}

_awsmfa_call() { # its own function, because FUNCTION may have inherited the DEBUG trap
	\local _awsmfa_text
	# One substitution for the text and its exit code would need one more process.
	_awsmfa_text="$(\command PROGRAM function SHELL FUNCTION -- "$@")" || _awsmfa_text="(exit $?)"
	\eval "$_awsmfa_text"
}

complete -o nosort -F _awsmfa FUNCTION 2>/dev/null || complete -F _awsmfa FUNCTION
