package quipu

// NewChronoRecord is a record with that id and every other field at its default: kind "fact", status "active",
// confidence 0.7, source type "observed", no payload. The id must not be empty when the record is written.
func NewChronoRecord(id string) *ChronoRecord {
	record := defaultChronoRecord()
	record.ID = id
	return &record
}

// ChronoRecord is the record of the event as a value; fields that ChronoRecord does not know are dropped.
func (v *WalEvent) ChronoRecord() (*ChronoRecord, error) { return ChronoRecordFromJSON(v.Record) }
