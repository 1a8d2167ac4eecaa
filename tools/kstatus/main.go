// Command kstatus reads Kubernetes objects as Flux, Helm and kpt do: JSON objects on standard
// input, for each a line {"status":"…","message":"…"} on standard output. It talks to no cluster.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type answer struct {
	Status  status.Status `json:"status"`
	Message string        `json:"message"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for number := 1; ; number++ {
		var text json.RawMessage
		err := decoder.Decode(&text)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = answerTo(text, encoder)
		}
		if err != nil {
			return fmt.Errorf("object %d: %w", number, err)
		}
	}
}

func answerTo(text json.RawMessage, encoder *json.Encoder) error {
	// Not encoding/json: it reads a generation as a float, and kstatus wants an integer.
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(text); err != nil {
		return err
	}
	result, err := status.Compute(object)
	if err != nil {
		return err
	}
	return encoder.Encode(answer{result.Status, result.Message})
}
