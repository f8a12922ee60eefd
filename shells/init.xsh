# execx($(awsmfa init xonsh))


def _awsmfa_function():
    import subprocess

    from xonsh.built_ins import XSH
    from xonsh.tools import unthreadable

    @unthreadable
    def function(words):
        call = [PROGRAM, "function", "SHELL", "FUNCTION", "--", *words]
        process = None
        try:
            process = subprocess.Popen(call, stdout=subprocess.PIPE, env=XSH.env.detype())
            text = process.communicate()[0]
        except KeyboardInterrupt:  # of awsmfa, too: it restores the terminal
            if process:
                process.wait()
            return 130
        if process.returncode:
            return process.returncode
        scope = {"words": words, "status": 0}
        with XSH.env.swap(RAISE_SUBPROC_ERROR=False):
            execx(text.decode(), "exec", scope)
        return scope["status"]

    aliases["FUNCTION"] = function


_awsmfa_function()
_awsmfa_completion("FUNCTION")
