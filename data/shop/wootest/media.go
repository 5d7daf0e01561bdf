package wootest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// medium is one upload of the media library as wp/v2 writes it.
type medium struct {
	ID      int64          `json:"id"`
	Date    string         `json:"date_gmt"`
	Title   map[string]any `json:"title"`
	Slug    string         `json:"slug"`
	Source  string         `json:"source_url"`
	Details mediumDetails  `json:"media_details"`
}

type mediumDetails struct {
	File     string                `json:"file"`
	FileSize int                   `json:"filesize"`
	Sizes    map[string]mediumSize `json:"sizes"`
}

type mediumSize struct {
	File   string `json:"file"`
	Source string `json:"source_url"`
}

// AppPassword sets the user and application password that may delete media.
func (s *Shop) AppPassword(user, password string) {
	s.mediaUser, s.mediaPass = sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
}

// Upload puts a picture into the media library, with the six sizes that
// WordPress makes of it: seven files. site is the shop's own address; the
// address of the file is returned.
func (s *Shop) Upload(site, name string) (address string, id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextID++
	dir := "/wp-content/uploads/2026/03/"
	base, ext := strings.TrimSuffix(name, path.Ext(name)), path.Ext(name)
	m := &medium{ID: s.nextID, Date: GMT(s.now()), Title: map[string]any{"rendered": base}, Slug: strings.ToLower(base), Source: site + dir + name,
		Details: mediumDetails{File: "2026/03/" + name, FileSize: 4711, Sizes: map[string]mediumSize{}}}
	s.files[dir+name] = []byte("picture " + name)
	for i, size := range []string{"thumbnail", "medium", "medium_large", "woocommerce_thumbnail", "woocommerce_single", "woocommerce_gallery_thumbnail"} {
		file := fmt.Sprintf("%s-%dx%d%s", base, 100*(i+1), 75*(i+1), ext)
		m.Details.Sizes[size] = mediumSize{File: file, Source: site + dir + file}
		s.files[dir+file] = []byte("picture " + file)
	}
	s.library[m.ID] = m
	return m.Source, m.ID
}

// PutFile puts a file onto the site beside the media library, as upload
// plugins do, and returns its path.
func (s *Shop) PutFile(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := "/wp-content/uploads/" + name
	s.files[p] = []byte("picture " + name)
	return p
}

// RemoveFile removes a file from the site.
func (s *Shop) RemoveFile(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, path)
}

// Files returns the paths of all files of the site, sorted.
func (s *Shop) Files() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.files {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

// KeepFiles makes deleting an upload leave its files, as a plugin that moves
// them elsewhere may.
func (s *Shop) KeepFiles(keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keepFiles = keep
}

func (s *Shop) file(w http.ResponseWriter, p string) {
	s.mu.Lock()
	b, ok := s.files[p]
	s.mu.Unlock()
	if !ok {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<!DOCTYPE html><title>Page not found</title>")
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Write(b)
}

// media answers for wp/v2/media, which the shop's REST keys do not open.
func (s *Shop) media(w http.ResponseWriter, r *http.Request, rest string) {
	user, pass, sent := r.BasicAuth()
	u, p := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(pass))
	may := sent && s.mediaUser != [sha256.Size]byte{} && subtle.ConstantTimeCompare(u[:], s.mediaUser[:])&subtle.ConstantTimeCompare(p[:], s.mediaPass[:]) == 1
	if sent && !may {
		refuse(w, http.StatusUnauthorized, "invalid_username", "Unknown username.")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if rest == "" {
		if r.Method != http.MethodGet {
			noRoute(w)
			return
		}
		list := []*medium{}
		search, slug := strings.ToLower(r.URL.Query().Get("search")), r.URL.Query().Get("slug")
		for _, m := range s.library {
			if strings.Contains(strings.ToLower(fmt.Sprint(m.Title["rendered"])), search) && (slug == "" || slug == m.Slug) {
				list = append(list, m)
			}
		}
		slices.SortFunc(list, func(a, b *medium) int { return int(a.ID - b.ID) })
		w.Header().Set("X-WP-Total", strconv.Itoa(len(list)))
		w.Header().Set("X-WP-TotalPages", strconv.Itoa((len(list)+99)/100))
		reply(w, http.StatusOK, list[:min(len(list), 100)])
		return
	}
	id, err := strconv.ParseInt(rest, 10, 64)
	m, ok := s.library[id]
	switch {
	case err != nil:
		noRoute(w)
	case !ok:
		refuse(w, http.StatusNotFound, "rest_post_invalid_id", "Invalid post ID.")
	case r.Method == http.MethodGet:
		reply(w, http.StatusOK, m)
	case r.Method != http.MethodDelete:
		noRoute(w)
	case !may:
		refuse(w, http.StatusUnauthorized, "rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
	case r.URL.Query().Get("force") != "true":
		refuse(w, http.StatusNotImplemented, "rest_trash_not_supported", "The post does not support trashing. Set 'force=true' to delete.")
	default:
		if !s.Lies {
			delete(s.library, id)
			dir := "/wp-content/uploads/" + path.Dir(m.Details.File) + "/"
			if !s.keepFiles {
				delete(s.files, dir+path.Base(m.Details.File))
				for _, size := range m.Details.Sizes {
					delete(s.files, dir+size.File)
				}
			}
		}
		previous, _ := json.Marshal(m)
		reply(w, http.StatusOK, map[string]any{"deleted": true, "previous": json.RawMessage(previous)})
	}
}
