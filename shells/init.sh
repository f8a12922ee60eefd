# eval "$(awsmfa init SHELL)"

\unalias FUNCTION 2>/dev/null || \true

# No secret shows under set -x or set -v: they are off until the function returns. Arguments keep what it must
# remember, because not all of these shells have local variables.
FUNCTION() {
	{
		\set -- "$-" "$@"
		\set +xv
	} 2>/dev/null
	_awsmfa_call "$@" && \set -- "$1" 0 || \set -- "$1" "$?"
	case $1 in *v*) \set -v ;; esac
	case $1 in *x*) \set -x ;; esac # in mksh the trace goes to the stderr of this moment
	\return "$2"
}

_awsmfa_call() {
	\shift
	# One substitution for the text and its exit code would need one more process.
	_awsmfa_text="$(\command PROGRAM function SHELL FUNCTION -- "$@")" || _awsmfa_text="(exit $?)"
	\eval "\unset _awsmfa_text; $_awsmfa_text"
}
