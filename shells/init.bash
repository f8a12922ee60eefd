# Loaded by: eval "$(awsmfa init bash)"

\builtin unalias FUNCTION 2>/dev/null || \builtin true

# No statement with a secret shows under set -x or set -v, or in a DEBUG trap: the options that show it are off until
# the function returns. bash 3.2 has no `local -`, so they are also restored by hand.
FUNCTION() {
	{
		\builtin local _awsmfa_options="$-" _awsmfa_status=0
		\builtin local - || \builtin true
		\builtin set +xvT
	} 2>/dev/null
	_awsmfa_call "$@" || _awsmfa_status=$?
	{
		\builtin set "-${_awsmfa_options//[!xvT]/}" # a lone - changes nothing
		\builtin return "$_awsmfa_status"
	} 2>/dev/null
}

_awsmfa_call() {
	\builtin local _awsmfa_word _awsmfa_text
	case "${1-}" in
	env | logout) ;;
	ANY_COMMAND)
		\command PROGRAM "$@"
		\builtin return
		;;
	*) \builtin set -- env "$@" ;;
	esac
	for _awsmfa_word in "$@"; do
		case "$_awsmfa_word" in
		--) \builtin break ;;
		-h | --help | --version)
			\command PROGRAM "$@"
			\builtin return
			;;
		esac
	done
	_awsmfa_word="$1"
	\builtin shift
	_awsmfa_text="$(\command PROGRAM "$_awsmfa_word" --shell bash --function FUNCTION "$@")" || \builtin return
	\builtin eval "$_awsmfa_text"
}

\builtin complete -F _awsmfa FUNCTION
