package quipu

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"example.com/quipu/internal/capi"
	"example.com/quipu/internal/packed"
)

// valueType is a value type for the tests that hold for all of them.
type valueType struct {
	name      string
	functions *valueFunctions
	made      func() any                        // a pointer to a value with every field at its default
	read      func(native uintptr) (any, error) // a pointer to a value made of a native one
}

func typeOf[T any, P unpacker[T]](functions *valueFunctions) valueType {
	return valueType{
		name:      reflect.TypeOf(*new(T)).Name(),
		functions: functions,
		made: func() any {
			value, err := unpackValue[T, P]([]byte{1, 0, 0})
			if err != nil {
				panic(err)
			}
			return value
		},
		read: func(native uintptr) (any, error) { return takeValue[T, P](native, functions) },
	}
}

var valueTypes = []valueType{
	typeOf[ChronoRecord](&chronoRecordFunctions),
	typeOf[WalEvent](&walEventFunctions),
	typeOf[ChronoNotice](&chronoNoticeFunctions),
	typeOf[ChronoVerification](&chronoVerificationFunctions),
	typeOf[ChronoMigration](&chronoMigrationFunctions),
	typeOf[MemorySession](&memorySessionFunctions),
	typeOf[MemoryObservation](&memoryObservationFunctions),
	typeOf[MemoryHit](&memoryHitFunctions),
	typeOf[MemoryPrompt](&memoryPromptFunctions),
	typeOf[MemoryAddition](&memoryAdditionFunctions),
	typeOf[MemoryStats](&memoryStatsFunctions),
	typeOf[MemoryMutation](&memoryMutationFunctions),
	typeOf[MemoryPurge](&memoryPurgeFunctions),
	typeOf[MemoryImport](&memoryImportFunctions),
	typeOf[MemoryProject](&memoryProjectFunctions),
	typeOf[SyncExport](&syncExportFunctions),
	typeOf[SyncImport](&syncImportFunctions),
	typeOf[SyncStatus](&syncStatusFunctions),
	typeOf[SyncIssue](&syncIssueFunctions),
	typeOf[SyncDiagnosis](&syncDiagnosisFunctions),
	typeOf[SyncUpgrade](&syncUpgradeFunctions),
	typeOf[ManifestMerge](&manifestMergeFunctions),
}

func TestEveryValueTypeIsInTheTable(t *testing.T) {
	files, err := filepath.Glob("*_values.go")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files of values, %v", len(files), err)
	}
	generated := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		generated += strings.Count(string(source), "Functions = valueFunctions{")
	}
	if generated != len(valueTypes) {
		t.Errorf("%d types are generated, %d are tried", generated, len(valueTypes))
	}
}

// native makes a native value of JSON text.
func native(t *testing.T, f *valueFunctions, text string) uintptr {
	t.Helper()
	var out, e uintptr
	if err := check(f.fromJSON(text, &out, &e), e); err != nil {
		t.Fatalf("%.200s: %v", text, err)
	}
	return out
}

func nativeJSON(t *testing.T, f *valueFunctions, native uintptr) string {
	t.Helper()
	var out capi.Buf
	var e uintptr
	if err := check(f.toJSON(native, &out, &e), e); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func toJSONText(t *testing.T, value any) string {
	t.Helper()
	text, err := toJSON(value.(packer), functionsOf(value))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func functionsOf(value any) *valueFunctions {
	for _, typ := range valueTypes {
		if typ.name == reflect.TypeOf(value).Elem().Name() {
			return typ.functions
		}
	}
	panic("no such type")
}

// The fields of each type are those of the library, in its order, with its defaults.
func TestFieldsFollowTheLibrary(t *testing.T) {
	for _, typ := range valueTypes {
		handle := native(t, typ.functions, "{}")
		defaults := nativeJSON(t, typ.functions, handle)
		var names []string
		for _, field := range members(t, defaults) {
			names = append(names, goName(field.key))
		}
		var own []string
		for i, s := 0, reflect.TypeOf(typ.made()).Elem(); i < s.NumField(); i++ {
			if s.Field(i).IsExported() {
				own = append(own, s.Field(i).Name)
			}
		}
		if !reflect.DeepEqual(names, own) {
			t.Errorf("%s: the library has %v, the struct %v", typ.name, names, own)
		}
		if text := toJSONText(t, typ.made()); text != defaults {
			t.Errorf("%s: the library's default is %s, that of the struct %s", typ.name, defaults, text)
		}
		read, err := typ.read(handle) // frees it
		if err != nil || !reflect.DeepEqual(read, typ.made()) {
			t.Errorf("%s: the library's default is read as %+v, %v", typ.name, read, err)
		}
	}
}

// Every field, with a value of its own, goes to the library and comes back in its place.
func TestEveryFieldCrosses(t *testing.T) {
	for _, typ := range valueTypes {
		value := typ.made()
		wanted := map[string]string{}
		fields := reflect.ValueOf(value).Elem()
		for i := 0; i < fields.NumField(); i++ {
			if field := fields.Type().Field(i); field.IsExported() {
				wanted[field.Name] = setField(t, fields.Field(i), i)
			}
		}
		text := toJSONText(t, value)
		for _, member := range members(t, text) {
			if name := goName(member.key); wanted[name] != member.value {
				t.Errorf("%s.%s: set to %s, the library has %s", typ.name, name, wanted[name], member.value)
			}
		}
		read, err := typ.read(native(t, typ.functions, text))
		if err != nil || !reflect.DeepEqual(read, value) {
			t.Errorf("%s: sent %+v, got %+v, %v", typ.name, value, read, err)
		}
	}
}

// setField sets a field to something that is not its default and answers that as JSON.
func setField(t *testing.T, field reflect.Value, i int) string {
	t.Helper()
	switch target := field.Addr().Interface().(type) {
	case *string:
		*target = fmt.Sprintf("text %d", i)
		return fmt.Sprintf("%q", *target)
	case *int64:
		*target = math.MaxInt64 - int64(i)
		return fmt.Sprint(*target)
	case *float64:
		*target = float64(i) + 0.125
		return fmt.Sprint(*target)
	case *bool:
		*target = !*target
		return fmt.Sprint(*target)
	case *json.RawMessage:
		*target = json.RawMessage(fmt.Sprintf(`{"field": %d}`, i))
		return string(*target)
	case *[]string:
		*target = []string{"", fmt.Sprint(i)}
		return fmt.Sprintf(`["", "%d"]`, i)
	default:
		t.Fatalf("no test for a field of type %s", field.Type())
		return ""
	}
}

type member struct{ key, value string }

// members lists the members of a JSON object in their order, values in the spelling of the file (", " and ": ").
func members(t *testing.T, text string) (all []member) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			t.Fatal(err)
		}
		all = append(all, member{key.(string), string(value)})
	}
	return all
}

// goName is the name that capi/values/emit_go.py gives a field.
func goName(name string) string {
	parts := strings.Split(name, "_")
	for i, part := range parts {
		switch part {
		case "id", "json", "url", "uri", "uuid", "http", "api", "sql", "ttl":
			parts[i] = strings.ToUpper(part)
		default:
			parts[i] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return strings.Join(parts, "")
}

// What the typed fields cannot show goes back to the file as it was, until it is changed.
func TestRawFields(t *testing.T) {
	const text = `{"id": 7, "kind": null, "status": true, "label": 5, "confidence": 1, "source_type": ["x"], "evidence": "text",` +
		` "epistemic_boundary": [1], "is_hypothesis": 0, "model_assumptions": {}, "recursion_depth": 2.5, "data": [1]}`
	record, err := ChronoRecordFromJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if record.ID != "7" || record.Kind != "fact" || record.Status != "active" || record.Confidence != 1 || record.Label != "" {
		t.Errorf("the views: %+v", record)
	}
	if got := toJSONText(t, record); got != text {
		t.Errorf("unchanged, it became %s", got)
	}
	for i, change := range []struct {
		apply  func(*ChronoRecord)
		before string
		after  string
	}{
		{func(r *ChronoRecord) { r.ID = "8" }, `"id": 7`, `"id": "8"`},
		{func(r *ChronoRecord) { r.Kind = "note" }, `"kind": null`, `"kind": "note"`},
		{func(r *ChronoRecord) { r.Label = "l" }, `"label": 5`, `"label": "l"`},
		{func(r *ChronoRecord) { r.Confidence = 0.5 }, `"confidence": 1`, `"confidence": 0.5`},
		{func(r *ChronoRecord) { r.Evidence = append(r.Evidence, "e") }, `"evidence": "text"`, `"evidence": ["e"]`},
		{func(r *ChronoRecord) { r.IsHypothesis = true }, `"is_hypothesis": 0`, `"is_hypothesis": true`},
		{func(r *ChronoRecord) { r.RecursionDepth = 9 }, `"recursion_depth": 2.5`, `"recursion_depth": 9`},
		{func(r *ChronoRecord) { r.Data = json.RawMessage("{}") }, `"data": [1]`, `"data": {}`},
	} {
		copied := *record
		change.apply(&copied)
		if got, want := toJSONText(t, &copied), strings.Replace(text, change.before, change.after, 1); got != want {
			t.Errorf("change %d: %s", i, got)
		}
	}
	if got := toJSONText(t, record); got != text {
		t.Errorf("the original became %s", got)
	}
}

// A text with a lone surrogate, which Go cannot hold, shows U+FFFD and survives.
func TestLoneSurrogateSurvives(t *testing.T) {
	const text = `{"label": "a\ud800b"}`
	record, err := ChronoRecordFromJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if record.Label != "a\uFFFDb" {
		t.Errorf("the label is %q", record.Label)
	}
	if got := toJSONText(t, record); !strings.Contains(got, `\ud800`) {
		t.Errorf("it became %s", got)
	}
}

func TestNumbers(t *testing.T) {
	for _, n := range []int64{math.MinInt64, -1, 0, 1, math.MaxInt64} {
		record := NewChronoRecord("a")
		record.RecursionDepth = n
		if read := again(t, record); read.RecursionDepth != n {
			t.Errorf("%d became %d", n, read.RecursionDepth)
		}
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 5e-324, math.MaxFloat64, 0.1, 1, math.Inf(1), math.Inf(-1), math.NaN()} {
		record := NewChronoRecord("a")
		record.Confidence = f
		if read := again(t, record); math.Float64bits(read.Confidence) != math.Float64bits(f) && !math.IsNaN(f) || math.IsNaN(f) != math.IsNaN(read.Confidence) {
			t.Errorf("%v became %v", f, read.Confidence)
		}
	}
}

// again sends a record to the library as JSON and back.
func again(t *testing.T, record *ChronoRecord) *ChronoRecord {
	t.Helper()
	read, err := ChronoRecordFromJSON([]byte(toJSONText(t, record)))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestEncodingJSON(t *testing.T) {
	record := NewChronoRecord("a")
	record.Data = json.RawMessage(`{"big": 123456789012345678901234567890}`)
	text, err := json.Marshal([]any{record, *record})
	if err != nil {
		t.Fatal(err)
	}
	var read []ChronoRecord
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	for _, r := range read {
		if r.ID != "a" || r.Confidence != 0.7 || !bytes.Contains(r.Data, []byte("123456789012345678901234567890")) {
			t.Errorf("got %+v of %s", r, text)
		}
	}
	if _, err := ChronoRecordFromJSON([]byte(`{"id": `)); err == nil || err.(*Error).Code != CodeInvalid || err.(*Error).Offset < 0 {
		t.Errorf("got %#v", err)
	}
}

// The example of docs/formats/packed.md.
func TestPackedExample(t *testing.T) {
	example := []byte{1, 3, 0,
		2, 8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
		2, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		2, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}
	value, err := unpackValue[ChronoMigration](example)
	if err != nil || value.Requirements != 2 || value.Testcases != 0 || value.Skipped != 1 {
		t.Errorf("got %+v, %v", value, err)
	}
	if data, err := value.pack(nil); err != nil || !bytes.Equal(data, example) {
		t.Errorf("got %x, %v", data, err)
	}
}

func TestWhatIsNotPacked(t *testing.T) {
	if _, err := unpackValue[ChronoRecord]([]byte{9, 0, 0}); err == nil || err.(*Error).Code != CodeInternal {
		t.Errorf("got %v", err)
	}
	if err := packedError(packed.ErrTooLong); err.(*Error).Code != CodeInvalid {
		t.Errorf("got %v", err)
	}
}
