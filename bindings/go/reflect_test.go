package quipu_test

import "reflect"

// methods lists the exported methods of *T.
func methods[T any]() []string {
	var names []string
	for typ, i := reflect.TypeOf((*T)(nil)), 0; i < typ.NumMethod(); i++ {
		names = append(names, typ.Method(i).Name)
	}
	return names
}
