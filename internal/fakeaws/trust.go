package fakeaws

import (
	"errors"
	"fmt"
	"slices"
)

// TrustAccount returns the trust policy that allows every principal of the account whose own policy allows it,
// including tags and source identity.
func TrustAccount(partition, account string) string {
	return trustPolicy(`{"AWS": "arn:`+partition+`:iam::`+account+`:root"}`, "")
}

// TrustAccountWithMFA is TrustAccount for callers with MFA, in the call itself or in their session.
func TrustAccountWithMFA(partition, account string) string {
	return trustPolicy(`{"AWS": "arn:`+partition+`:iam::`+account+`:root"}`,
		`, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}`)
}

func trustPolicy(principal, condition string) string {
	return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": ` + principal +
		`, "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]` + condition + `}}`
}

// principals are the principals of a statement of a trust policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
type principals struct{ AWS, Federated, Service strs }

func (p *principals) UnmarshalJSON(b []byte) error {
	if string(b) == `"*"` {
		p.AWS = strs{"*"}
		return nil
	}
	type plain principals // without this method
	return decodeStrictly(b, (*plain)(p))
}

const (
	patternPrincipal = `\*|\d{12}|arn:[a-z-]+:(iam::\d{12}:(root|(user|role)/.+)|sts::\d{12}:assumed-role/.+/.+)`
	patternProvider  = `arn:[a-z-]+:iam::\d{12}:(oidc|saml)-provider/.+`
)

// mustParseTrust panics on everything that allows does not support.
func mustParseTrust(doc string) policy {
	var p policy
	err := decodeStrictly([]byte(doc), &p)
	for _, st := range p.Statement {
		if err == nil {
			err = st.checkTrust()
		}
	}
	if err != nil {
		panic(fmt.Sprintf("fakeaws: trust policy %s: %v", doc, err))
	}
	return p
}

func (st statement) checkTrust() error {
	if st.Principal == nil || len(st.Resource)+len(st.NotResource)+len(st.NotAction) > 0 {
		return errors.New("a statement needs Principal and Action, and no Resource")
	}
	for _, name := range st.Principal.AWS {
		if !matches(patternPrincipal, name) {
			return fmt.Errorf("principal %q is not understood", name)
		}
	}
	for _, name := range st.Principal.Federated {
		if !matches(patternProvider, name) {
			return fmt.Errorf("principal %q is not understood", name)
		}
	}
	return st.check()
}

// trustLevel is the result of a trust policy for a principal.
type trustLevel int

const (
	notTrusted      trustLevel = iota
	denied                     // by a Deny statement
	trustsAccount              // the principal's own policies must allow it, too
	trustsPrincipal            // named, which is enough within an account
)

// allows evaluates the trust policy; names reports how a statement's principals match the caller.
func allows(p policy, a access, names func(*principals) trustLevel) trustLevel {
	result := notTrusted
	for _, st := range p.Statement {
		by := names(st.Principal)
		if by == notTrusted || !st.applies(a) {
			continue
		}
		if st.Effect == "Deny" {
			return denied
		}
		result = max(result, by)
	}
	return result
}

// matchPrincipals reports whether and how p matches the caller. A role's session matches by the role's ARN and by its
// own.
func (c caller) matchPrincipals(p *principals) trustLevel {
	arns := []string{c.user.ARN}
	if c.session != nil && c.session.role != nil {
		arns = append(arns, c.session.role.ARN)
	}
	switch {
	case slices.Contains(p.AWS, "*"),
		slices.ContainsFunc(arns, func(arn string) bool { return slices.Contains(p.AWS, arn) }):
		return trustsPrincipal
	case slices.Contains(p.AWS, c.user.Account), slices.Contains(p.AWS, c.user.arnPrefix()+"root"):
		return trustsAccount
	}
	return notTrusted
}

// matchProvider reports whether a principal matches the identity provider, which is in the role's account.
func (r *role) matchProvider(issuer string) func(*principals) trustLevel {
	arn := fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", r.Partition, r.Account, issuer)
	return func(p *principals) trustLevel {
		if slices.Contains(p.Federated, arn) {
			return trustsPrincipal
		}
		return notTrusted
	}
}
