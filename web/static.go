package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// asset is an embedded file and the hash that names its content.
type asset struct {
	content []byte
	kind    string
	hash    string
}

// readAssets reads the embedded files that pages use, by their path below static.
func readAssets() (map[string]asset, error) {
	kinds := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".LICENSE": "text/plain; charset=utf-8"}
	assets := map[string]asset{}
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || kinds[path.Ext(name)] == "" {
			return err
		}
		content, err := staticFiles.ReadFile(name)
		sum := sha256.Sum256(content)
		assets[strings.TrimPrefix(name, "static/")] = asset{content, kinds[path.Ext(name)], hex.EncodeToString(sum[:8])}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	return assets, nil
}

// assetURL names a file by its content, so that browsers may keep it for ever.
func (s *server) assetURL(name string) string { return "/static/" + name + "?v=" + s.assets[name].hash }

func (s *server) assetURLs() map[string]string {
	urls := map[string]string{}
	for name := range s.assets {
		urls[name] = s.assetURL(name)
	}
	return urls
}

func (s *server) static(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[strings.TrimPrefix(r.URL.Path, "/static/")]
	if !ok {
		plain(w, http.StatusNotFound, "There is no such file.")
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", `"`+a.hash+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), `"`+a.hash+`"`) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(a.content)
}
