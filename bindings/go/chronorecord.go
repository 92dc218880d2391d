package quipu

import "example.com/quipu/internal/packed"

// NewChronoRecord is a record with that id and every other field at its default: kind "fact", status "active",
// confidence 0.7, source type "observed", no payload. The id must not be empty when the record is written.
func NewChronoRecord(id string) *ChronoRecord {
	record := defaultChronoRecord()
	record.ID = id
	return &record
}

// ChronoRecord is the record of the event as a value; fields that ChronoRecord does not know are dropped.
func (v *WalEvent) ChronoRecord() (*ChronoRecord, error) { return ChronoRecordFromJSON(v.Record) }

func packRecord(record *ChronoRecord) ([]byte, error) {
	if record == nil {
		return nil, newError(CodeInvalid, "cannot write a record: it is nil")
	}
	return packValue(record)
}

func packRecords(records []*ChronoRecord) ([]byte, error) {
	values := make([][]byte, len(records))
	for i, record := range records {
		var err error
		if values[i], err = packRecord(record); err != nil {
			return nil, err
		}
	}
	page, err := packed.Page(values)
	return page, packedError(err)
}
