//go:build unix

package cli_test

import (
	"bufio"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// sessionManager is the AWS CLI with an SSM that opens a connection for whoever has a session, and ends it at once with
// a message that says for what it was asked.
func sessionManager(t *testing.T, w *world, dir string) []string {
	needAWSCLI(t, awsClients(t, w))
	const token = "token-of-the-stream"
	asked := "nothing"
	stream, stop := serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		from, to, err := webSocket(rw, r)
		if err != nil {
			t.Error(err)
			return
		}
		first, err := readFrame(from)
		var open struct{ TokenValue string }
		if err == nil {
			err = json.Unmarshal(first, &open)
		}
		if err != nil || open.TokenValue != token {
			t.Errorf("the stream begins with %q: %v", first, err)
		}
		if err := writeFrame(to, channelClosed("asked for "+asked)); err != nil {
			t.Error(err)
		}
		io.Copy(io.Discard, from) // until the client has gone
	}))
	t.Cleanup(stop)
	ssm := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("X-Amz-Target") != "AmazonSSM.StartSession":
			w.aws.ServeHTTP(rw, r)
		case !signed(r):
			http.Error(rw, "not a session", http.StatusForbidden)
		default:
			body, _ := io.ReadAll(r.Body)
			asked = string(body)
			fmt.Fprintf(rw, `{"SessionId": "alice-0", "TokenValue": %q, "StreamUrl": %q}`, token,
				strings.Replace(stream, "http:", "ws:", 1))
		}
	})
	// Newer versions would take AWS_ENDPOINT_URL, and older ones know neither.
	return append(throughProxy(t, w, ssm, dir, "aws", "aws"), "AWS_ENDPOINT_URL_SSM=https://ssm.example")
}

// webSocket answers the request for a web socket: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
func webSocket(rw http.ResponseWriter, r *http.Request) (from *bufio.Reader, to io.Writer, err error) {
	accept := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn, buffered, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		return nil, nil, err
	}
	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(accept[:]))
	return buffered.Reader, conn, err
}

// readFrame reads a masked frame of less than 64 KiB.
func readFrame(from io.Reader) (payload []byte, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	length := uint16(head[1] & 0x7f)
	if length == 126 {
		if err := binary.Read(from, binary.BigEndian, &length); err != nil {
			return nil, err
		}
	}
	masked := make([]byte, 4+int(length))
	_, err = io.ReadFull(from, masked)
	payload = masked[4:]
	for i := range payload {
		payload[i] ^= masked[i%4]
	}
	return payload, err
}

// writeFrame writes a binary frame of 126 bytes to 64 KiB.
func writeFrame(to io.Writer, payload []byte) error {
	_, err := to.Write(append(binary.BigEndian.AppendUint16([]byte{0x82, 126}, uint16(len(payload))), payload...))
	return err
}

// channelClosed is the message of SSM that ends a session.
func channelClosed(why string) []byte {
	payload := fmt.Appendf(nil, `{"SessionId": "alice-0", "MessageType": "channel_closed", "Output": %q}`, why)
	digest := sha256.Sum256(payload)
	m := binary.BigEndian.AppendUint32(nil, 116)                         // the header's length
	m = append(m, fmt.Sprintf("%-32s", "channel_closed")...)             // and its parts: the kind,
	m = binary.BigEndian.AppendUint32(m, 1)                              // the version,
	m = binary.BigEndian.AppendUint64(m, uint64(time.Now().UnixMilli())) // the time,
	m = append(m, make([]byte, 8+8+16)...)                               // number, flags and identifier,
	m = append(m, digest[:]...)
	m = append(m, make([]byte, 4)...) // the kind of payload
	m = binary.BigEndian.AppendUint32(m, uint32(len(payload)))
	return append(m, payload...)
}
