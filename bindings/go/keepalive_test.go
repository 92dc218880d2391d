package quipu_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// Types whose handle has no finalizer, so that nothing can free it during a call.
var withoutFinalizer = map[string]string{
	"ChronoTransaction": "its memory belongs to the Commit that is running, which keeps the store alive",
}

// A method that hands a native handle to a call must keep its owner alive until the call has returned.
func TestEveryNativeCallKeepsItsOwnerAlive(t *testing.T) {
	files, err := os.ReadDir(".")
	must(t, err)
	checked := 0
	for _, file := range files {
		if name := file.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			source, err := os.ReadFile(name)
			must(t, err)
			complaints, uses := checkKeepAlive(t, name, string(source))
			checked += uses
			for _, complaint := range complaints {
				t.Error(complaint)
			}
		}
	}
	if checked < 3 {
		t.Errorf("only %d uses of a handle were found: does the check still see them?", checked)
	}
}

func TestKeepAliveCheckBites(t *testing.T) {
	for body, wanted := range map[string]int{
		"run(s.native)":                                             1,
		"runtime.KeepAlive(s); run(s.native)":                       1, // too early
		"run(s.native); runtime.KeepAlive(other)":                   1,
		"run(s.native); runtime.KeepAlive(s)":                       0,
		"if s.native != 0 { s.native = 0 }":                         0,
		"runtime.SetFinalizer(s, func(s *S) { free(s.native) })":    0,
		"f(func() { run(s.native) }); g()":                          1,
		"other.native = 1; run(other.native); runtime.KeepAlive(s)": 1,
	} {
		source := "package p\nfunc (s *S) f() {\n" + body + "\n}\n"
		if complaints, _ := checkKeepAlive(t, "snippet.go", source); len(complaints) != wanted {
			t.Errorf("%s: %d complaints, want %d: %v", body, len(complaints), wanted, complaints)
		}
	}
}

// checkKeepAlive finds, in every function, each owner.native that is an argument of a call, and wants a
// runtime.KeepAlive(owner) behind it in the same function.
func checkKeepAlive(t *testing.T, name, source string) (complaints []string, uses int) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, 0)
	must(t, err)
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Body == nil || withoutFinalizer[receiver(function)] != "" {
			continue
		}
		kept := map[string]token.Pos{} // where each owner is kept alive last
		last := map[string]token.Pos{} // where its handle is used last
		ast.Inspect(function.Body, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch callee(call) {
			case "runtime.SetFinalizer":
				return false
			case "runtime.KeepAlive":
				if owner, ok := call.Args[0].(*ast.Ident); ok {
					kept[owner.Name] = call.Pos()
				}
				return false
			}
			for _, argument := range call.Args {
				if selector, ok := argument.(*ast.SelectorExpr); ok && selector.Sel.Name == "native" {
					if owner, ok := selector.X.(*ast.Ident); ok {
						last[owner.Name] = call.Pos()
						uses++
					}
				}
			}
			return true
		})
		for owner, used := range last {
			if kept[owner] <= used {
				complaints = append(complaints, fmt.Sprintf("%s: %s.native is used without runtime.KeepAlive(%s) behind it",
					files.Position(used), owner, owner))
			}
		}
	}
	return complaints, uses
}

func receiver(function *ast.FuncDecl) string {
	if function.Recv == nil {
		return ""
	}
	if pointer, ok := function.Recv.List[0].Type.(*ast.StarExpr); ok {
		if name, ok := pointer.X.(*ast.Ident); ok {
			return name.Name
		}
	}
	return ""
}

func callee(call *ast.CallExpr) string {
	if selector, ok := call.Fun.(*ast.SelectorExpr); ok {
		if name, ok := selector.X.(*ast.Ident); ok {
			return name.Name + "." + selector.Sel.Name
		}
	}
	return ""
}
