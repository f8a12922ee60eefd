package fakeaws

import (
	"errors"
	"fmt"
	"slices"
)

// TrustAccount is the trust policy that lets anyone of the account in whose own policy allows it, tags and source
// identity included.
func TrustAccount(partition, account string) string {
	return trust(`{"AWS": "arn:`+partition+`:iam::`+account+`:root"}`, "")
}

// TrustAccountWithMFA is TrustAccount for those who have given MFA: in the call itself or for the session they call with.
func TrustAccountWithMFA(partition, account string) string {
	return trust(`{"AWS": "arn:`+partition+`:iam::`+account+`:root"}`,
		`, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}`)
}

func trust(principal, condition string) string {
	return `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": ` + principal +
		`, "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]` + condition + `}}`
}

// principals is whom a statement of a trust policy is about.
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

// mustParseTrust refuses what allows would not heed.
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

// trusting is what a trust policy says of somebody.
type trusting int

const (
	untrusted        trusting = iota
	refused                   // by a statement that denies
	trustsAccount             // whose own policies must allow it, too
	trustsIndividual          // by name, which is enough within an account
)

// allows asks the trust policy, where names says how a statement's principals mean who is asking.
func allows(p policy, a access, names func(*principals) trusting) trusting {
	result := untrusted
	for _, st := range p.Statement {
		by := names(st.Principal)
		if by == untrusted || !st.applies(a) {
			continue
		}
		if st.Effect == "Deny" {
			return refused
		}
		result = max(result, by)
	}
	return result
}

// names says whether p means the caller, and how. A role's session goes by the role's ARN and by its own.
func (c caller) names(p *principals) trusting {
	arns := []string{c.user.ARN}
	if c.session != nil && c.session.role != nil {
		arns = append(arns, c.session.role.ARN)
	}
	switch {
	case slices.Contains(p.AWS, "*"), slices.ContainsFunc(arns, func(arn string) bool { return slices.Contains(p.AWS, arn) }):
		return trustsIndividual
	case slices.Contains(p.AWS, c.user.Account), slices.Contains(p.AWS, c.user.arnPrefix()+"root"):
		return trustsAccount
	}
	return untrusted
}

// provides says whether a principal means the identity provider, which is one of the role's account.
func (r *role) provides(issuer string) func(*principals) trusting {
	arn := fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", r.Partition, r.Account, issuer)
	return func(p *principals) trusting {
		if slices.Contains(p.Federated, arn) {
			return trustsIndividual
		}
		return untrusted
	}
}
