package main

import (
	"bufio"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"greffier/data/vault"
)

// shownName is the file of a profile that says where its window listens: an
// address of the loopback and a token. Whoever can read it may ask one thing,
// that the window comes to the front.
const shownName = "window"

// Words that two instances exchange, a line each.
const (
	wordShow  = "show"
	wordShown = "shown"
	// instanceWait bounds a conversation: whoever holds the port may be dead, or
	// somebody else.
	instanceWait = 2 * time.Second
)

// instance listens for later starts of the program on the same profile.
type instance struct {
	l    net.Listener
	path string
	said string
}

// announce makes the window of this process findable; show is called, on any
// goroutine, when another start asks for it.
func announce(dir string, show func()) (*instance, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for other starts: %w", err)
	}
	token := make([]byte, 16)
	rand.Read(token) // never fails (crypto/rand)
	i := &instance{l: l, path: filepath.Join(dir, shownName), said: l.Addr().String() + " " + hex.EncodeToString(token)}
	if err := vault.WriteFile(i.path, []byte(i.said)); err != nil {
		l.Close()
		return nil, err
	}
	go i.serve(hex.EncodeToString(token), show)
	return i, nil
}

func (i *instance) serve(token string, show func()) {
	for {
		c, err := i.l.Accept()
		if err != nil {
			return // closed
		}
		go func() {
			defer c.Close()
			c.SetDeadline(time.Now().Add(instanceWait))
			line, err := bufio.NewReaderSize(c, 128).ReadSlice('\n')
			if err != nil || subtle.ConstantTimeCompare([]byte(strings.TrimSpace(string(line))), []byte(wordShow+" "+token)) != 1 {
				return
			}
			show()
			fmt.Fprintln(c, wordShown)
		}()
	}
}

// close ends the listening. The file goes only where it is still this one's.
func (i *instance) close() {
	i.l.Close()
	if b, err := os.ReadFile(i.path); err == nil && string(b) == i.said {
		os.Remove(i.path)
	}
}

// showOther asks the window that has the profile open to come to the front, and
// tells whether it did.
func showOther(dir string) bool {
	b, err := os.ReadFile(filepath.Join(dir, shownName))
	if err != nil {
		return false
	}
	address, token, ok := strings.Cut(string(b), " ")
	if host, _, err := net.SplitHostPort(address); !ok || err != nil || host != "127.0.0.1" {
		return false
	}
	c, err := net.DialTimeout("tcp", address, instanceWait)
	if err != nil {
		return false // it is gone, or was killed
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(instanceWait))
	if _, err := fmt.Fprintf(c, "%s %s\n", wordShow, token); err != nil {
		return false
	}
	answer, err := bufio.NewReaderSize(c, 16).ReadSlice('\n')
	return err == nil && strings.TrimSpace(string(answer)) == wordShown
}
