"""What botocore makes of profiles: for each question on stdin, {"config", "credentials", "profile"}, an answer on stdout.

Nothing goes over the network and no program is run: what would ask for credentials says with what it would have asked.
"""
import json
import os
import sys

import botocore.configloader as configloader
import botocore.configprovider as configprovider
import botocore.credentials as credentials
import botocore.session

for name in list(os.environ):
    if name.startswith("AWS_"):
        del os.environ[name]
os.environ["HOME"] = os.environ["USERPROFILE"] = sys.argv[1]


def replace(where, name, value):
    getattr(where, name)  # an error where this botocore has none
    setattr(where, name, value)


def fetcher(answer):
    class Fetcher:
        def __init__(self, **asked):
            self.asked = asked

        def fetch_credentials(self):
            return answer(**self.asked)

    return Fetcher


def found(value):
    """A key pair or what a program was run for, as an answer; one that is an answer already is left as it is."""
    if isinstance(value, dict):
        return value
    if value.method == credentials.ProcessProvider.METHOD:
        return {"base": ["process", value.access_key], "roles": []}
    return {"base": ["keys", value.access_key, value.secret_key, value.token or ""], "roles": []}


def role(source_credentials, role_arn, extra_args, **_):
    source = found(source_credentials)
    settings = {key: str(value) if value != "" else "(empty)" for key, value in extra_args.items()}
    return {"base": source["base"], "roles": source["roles"] + [{"RoleArn": role_arn or "(empty)", **settings}]}


def sso(start_url, sso_region, role_name, account_id, sso_session_name="", **_):
    return {"base": ["sso", sso_session_name, start_url, sso_region, account_id, role_name], "roles": []}


def web_identity(web_identity_token_loader, role_arn, extra_args, **_):
    file = web_identity_token_loader._web_identity_token_path
    return {"base": ["web identity", file, role_arn, extra_args.get("RoleSessionName", "")], "roles": []}


def process(self, command):
    command = command.replace("\n", " ")  # it is split into words at either
    return {"access_key": command, "secret_key": "", "token": None}


def login(self):
    profile = self._load_config()["profiles"].get(self._profile_name, {})
    if "login_session" in profile:
        return {"base": ["login", profile["login_session"]], "roles": []}
    return None


def surroundings(self, source):
    return {"base": ["source", source], "roles": []}


replace(credentials, "AssumeRoleCredentialFetcher", fetcher(role))
replace(credentials, "SSOCredentialFetcher", fetcher(sso))
replace(credentials, "AssumeRoleWithWebIdentityCredentialFetcher", fetcher(web_identity))
replace(credentials, "DeferredRefreshableCredentials", lambda refresh_using, **_: refresh_using())
replace(credentials, "create_mfa_serial_refresher", lambda refresh: refresh)
replace(credentials.ProcessProvider, "_retrieve_credentials_using", process)
replace(credentials.CanonicalNameCredentialSourcer, "source_credentials", surroundings)
for provider in ("OriginalEC2Provider", "BotoProvider", "ContainerProvider", "InstanceMetadataProvider"):
    replace(getattr(credentials, provider), "load", lambda self: None)
has_login = hasattr(credentials, "LoginProvider")
if has_login:
    replace(credentials.LoginProvider, "load", login)


def names(path, credentials):
    """The profiles that botocore finds in a file."""
    if credentials:
        return list(configloader.raw_config_parse(path, parse_subsections=False))
    return list(configloader.load_config(path)["profiles"])


def variables(question):
    """What botocore makes of the variables, and of the files that they name."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ.update(question["variables"])
    session = botocore.session.Session(include_builtin_handlers=False)
    get = session.get_config_variable
    found_in = session.full_config, session.get_scoped_config()
    endpoints = {}
    for service in question["services"]:
        if configured and not get("ignore_configured_endpoint_urls"):
            endpoints[service] = configured(*found_in, service, os.environ).provide() or ""
        else:
            endpoints[service] = ""
    keys = credentials.create_credential_resolver(session).load_credentials()
    return {
        "profile": session.profile or "default",
        "region": get("region") or "",
        "keys": "web identity" if isinstance(keys, dict) else keys.access_key if keys else "",
        "endpoints": endpoints,
    }


def answer(question):
    if "variables" in question:
        return variables(question)
    session = botocore.session.Session(profile=question["profile"], include_builtin_handlers=False)
    session.set_config_variable("config_file", question["config"])
    session.set_config_variable("credentials_file", question["credentials"])
    settings = session.get_scoped_config()
    chain = credentials.create_credential_resolver(session).load_credentials()
    headers = {"inConfig": names(question["config"], False), "inCredentials": names(question["credentials"], True)}
    if chain is None:
        return {"error": "no credentials", **headers}
    return {"region": session.get_config_variable("region") or "", "device": settings.get("mfa_serial", ""), **found(chain), **headers}


configured = getattr(configprovider, "ConfiguredEndpointProvider", None)  # old versions have no such settings
print(json.dumps({"version": botocore.__version__, "login": has_login, "endpoints": configured is not None}), flush=True)
for line in sys.stdin:
    try:
        text = json.dumps(answer(json.loads(line)))
    except Exception as error:  # of botocore's own, or Python's where it met what it did not think of
        text = json.dumps({"error": type(error).__name__ + ": " + str(error)})
    print(text, flush=True)
