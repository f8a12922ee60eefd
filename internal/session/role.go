package session

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"awsmfa/internal/msg"
	"awsmfa/internal/profile"
)

// sourceTTL is how long a session must still live for a role to be assumed with it. The role's own session lasts as long
// as it was asked for, however soon the other ends.
const sourceTTL = time.Minute

// assume assumes the last of the roles with the session of what comes before it. A kept session that AWS no longer takes
// is passed over from then on, and another obtained in its place: by whoever comes first, once.
func (p *Provider) assume(ctx context.Context, want Request) (Session, error) {
	if want.direct() {
		c, err := p.client(ctx, want)
		if err != nil {
			return Session{}, err
		}
		return c.assumeWithoutCode(ctx, want, p.Warn)
	}
	source := want.source()
	with, kept := p.cached(source, sourceTTL)
	for {
		var err error
		if !kept {
			if with, err = p.retrieve(ctx, source, sourceTTL); err != nil {
				return Session{}, err
			}
		}
		c, err := p.Options.NewSessionClient(ctx, with)
		if err != nil {
			return Session{}, err
		}
		if want.External != nil { // it says whether the source gave the session, or the keys that it was had with
			want.Keys.AccessKeyID = with.KeyID
		}
		named := want
		if !want.isExternal() {
			named = p.withCachedDevice(want) // the device's name is the session's
		}
		s, err := c.assumeWithoutCode(ctx, named, p.Warn)
		if !kept || !isRevoked(err) {
			return s, err
		}
		p.Options.Trace("role: AWS no longer takes the session kept for %s", source)
		kept, p.revoked = false, append(p.revoked, with.AccessKeyID)
	}
}

// assumeWithoutCode is assumeRole without a code, its error in words.
func (c *Client) assumeWithoutCode(ctx context.Context, want Request, warn func(text, hint string)) (Session, error) {
	s, err := c.assumeRole(ctx, want, "", warn)
	switch {
	case ctx.Err() != nil:
		return Session{}, ctx.Err()
	case err != nil:
		return Session{}, c.explainFor(want, err)
	}
	return s, nil
}

// assumeRole assumes the last of the roles.
func (c *Client) assumeRole(ctx context.Context, want Request, code string, warn func(text, hint string)) (Session, error) {
	ctx, cancel := c.Call(ctx)
	defer cancel()
	role := want.Roles[len(want.Roles)-1]
	in := &sts.AssumeRoleInput{
		RoleArn:           aws.String(role.ARN),
		RoleSessionName:   aws.String(want.sessionName(role)),
		DurationSeconds:   seconds(role.Duration),
		ExternalId:        optional(role.ExternalID),
		SourceIdentity:    optional(role.SourceIdentity),
		TransitiveTagKeys: role.TransitiveTags,
	}
	for _, t := range role.Tags {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
	}
	if code != "" {
		in.SerialNumber, in.TokenCode = aws.String(want.Serial), aws.String(code)
	}
	out, err := c.sts(want.Endpoint).AssumeRole(ctx, in)
	if err != nil {
		return Session{}, err
	}
	return c.parseCredentials(out.Credentials, role.Duration, warn)
}

// sessionName is what the role's session is called, in CloudTrail and in the role's ARN: as the profile says, else like
// the user, whose name the usual policies have the MFA device bear, and trust policies ask for in sts:RoleSessionName.
func (r Request) sessionName(role profile.Role) string {
	if role.SessionName != "" {
		return role.SessionName
	}
	if _, path, ok := strings.Cut(r.Serial, ":mfa/"); ok {
		if name := path[strings.LastIndexByte(path, '/')+1:]; len(name) >= 2 && len(name) <= 64 {
			return name
		}
	}
	return "awsmfa"
}

// explainFor is Explain for what was asked of STS: what it says of a role hangs on which.
func (c *Client) explainFor(want Request, err error) error {
	var api smithy.APIError
	if len(want.Roles) == 0 || !errors.As(err, &api) {
		return c.Explain(err)
	}
	role := want.Roles[len(want.Roles)-1]
	code, said := api.ErrorCode(), api.ErrorMessage()
	switch {
	case len(want.Roles) == 1 && want.isExternal() && isRevoked(err):
		return sourceRevoked(role.Profile, want.External.Profile, err)
	case code == "AccessDenied" && strings.Contains(said, "sts:"):
		return msg.RoleDenied(role.Profile, said, want.NoMFA, want.isExternal() && len(want.Roles) == 1, len(want.Roles) > 1, err)
	case code == "ValidationError" && strings.Contains(said, "MaxSessionDuration"):
		return msg.RoleTooLong(role.Profile, role.Duration, err)
	case code == "ValidationError" && strings.Contains(said, "role chaining"):
		return msg.ChainedTooLong(role.Profile, role.Duration, err)
	}
	return c.Explain(err)
}

// sourceRevoked says so of a role's source; it may be a session left behind, which hides what was meant.
func sourceRevoked(role string, source profile.Profile, err error) error {
	if c, ok := source.HiddenSource(); ok && c.Used.Kind == profile.KindKeys {
		won, over := c.Used.Pos, c.Ignored.Pos
		return msg.SourceGoneHides(role, source.Name, won.File, won.Line, c.Ignored.Key, over.File, over.Line, err)
	}
	if s, ok := source.PastedSession(); ok {
		return msg.SourceGonePasted(role, source.Name, s.Where.File, s.Where.Line, err)
	}
	return msg.SourceGone(role, source.Name, err)
}

// isRevoked says whether AWS refused a session that it gave out: it was revoked, or its user's key or device is no more.
func isRevoked(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && (api.ErrorCode() == "ExpiredToken" || api.ErrorCode() == "InvalidClientTokenId")
}

// optional is nil for "", which AWS takes for a value that is too short.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
