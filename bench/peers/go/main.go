// The same order taken with Go's standard library.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

type order struct {
	Item  string `json:"item"`
	Count uint32 `json:"count"`
}

type receipt struct {
	Text string `json:"text"`
}

func invoke(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("x-fc-request-id")
	fmt.Fprintf(os.Stdout, "FC Invoke Start RequestId: %s\n", id)
	answer, err := take(r.Body)
	fmt.Fprintf(os.Stdout, "FC Invoke End RequestId: %s\n", id)
	if err != nil {
		w.Header().Set("x-fc-status", "404")
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("x-fc-status", "200")
	w.Write(answer)
}

func take(body io.Reader) ([]byte, error) {
	bytes, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	var o order
	if err := json.Unmarshal(bytes, &o); err != nil {
		return nil, err
	}
	return json.Marshal(receipt{fmt.Sprintf("%d x %s", o.Count, o.Item)})
}

func main() {
	http.HandleFunc("POST /invoke", invoke)
	fmt.Fprintln(os.Stderr, http.ListenAndServe("127.0.0.1:"+os.Getenv("FC_SERVER_PORT"), nil))
	os.Exit(1)
}
