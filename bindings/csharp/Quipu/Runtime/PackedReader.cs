using System;
using System.Collections.Generic;

namespace Quipu
{
    /// <summary>Reads packed values in place. A value is read field by field, in the order of its type's description:
    /// BeginValue, one call per field, EndValue.</summary>
    /// <remarks>Fields that the library did not send have their default; fields that this assembly does not know are
    /// skipped. So either side may be the newer one.</remarks>
    internal unsafe struct PackedReader
    {
        private readonly byte* end;
        private byte* next;
        private bool inPage;

        private byte* valueEnd;
        private int fieldsSent;
        private int fieldsKnown;
        private int field;
        private byte[]?[]? raw;

        private byte* payload;
        private int length;

        internal PackedReader(NativeView view)
        {
            next = view.Pointer;
            end = next + view.Length;
            inPage = false;
            valueEnd = end;
            fieldsSent = 0;
            fieldsKnown = 0;
            field = 0;
            raw = null;
            payload = null;
            length = 0;
        }

        /// <summary>Starts a page and gives the number of its values.</summary>
        internal int BeginPage()
        {
            CheckVersion();
            inPage = true;
            return ReadLength(Take(4));
        }

        internal void BeginValue(int knownFields)
        {
            valueEnd = end;
            if (inPage)
            {
                int size = ReadLength(Take(4));
                valueEnd = next + size;
                Expect(size <= end - next);
            }

            CheckVersion();
            byte* count = Take(2);
            fieldsSent = count[0] | (count[1] << 8);
            fieldsKnown = knownFields;
            field = 0;
            raw = null;
        }

        /// <summary>Ends a value and gives the fields that the typed view alone would not bring back; see
        /// PackedWriter.</summary>
        internal byte[]?[]? EndValue()
        {
            next = valueEnd;
            return raw;
        }

        internal string Text(string absent) => Next(Packed.TagText) ? Utf8.Decode(payload, length) : absent;

        internal string Json(string absent) => Next(Packed.TagJson) ? Utf8.Decode(payload, length) : absent;

        internal long Int64(long absent) => Next(Packed.TagInt64, 8) ? ReadInt64(payload) : absent;

        internal double Double(double absent) =>
            Next(Packed.TagDouble, 8) ? BitConverter.Int64BitsToDouble(ReadInt64(payload)) : absent;

        internal bool Bool(bool absent) => Next(Packed.TagBool, 1) ? *payload != 0 : absent;

        /// <summary>The texts, or null when the field is absent.</summary>
        internal List<string>? Texts()
        {
            if (!Next(Packed.TagTexts))
            {
                return null;
            }

            var texts = new List<string>();
            byte* at = payload;
            byte* stop = payload + length;
            while (at < stop)
            {
                Expect(stop - at >= 4);
                int size = ReadLength(at);
                at += 4;
                Expect(size <= stop - at);
                texts.Add(Utf8.Decode(at, size));
                at += size;
            }

            return texts;
        }

        private static int ReadLength(byte* at)
        {
            int value = *(int*)at;
            Expect(value >= 0);
            return value;
        }

        private static long ReadInt64(byte* at) => *(long*)at;

        // The library and this assembly disagree about the packed form: a defect of one of them.
        private static void Expect(bool holds)
        {
            if (!holds)
            {
                throw new InternalErrorException("A packed value of the library cannot be read.");
            }
        }

        private byte* Take(int size)
        {
            byte* taken = next;
            Expect(size <= valueEnd - next);
            next += size;
            return taken;
        }

        private void CheckVersion() => Expect(*Take(1) == Packed.Version);

        private bool Next(byte tag, int size)
        {
            bool present = Next(tag);
            Expect(!present || length == size);
            return present;
        }

        // Goes to the next field and tells whether it is there; then payload and length are its typed view.
        private bool Next(byte tag)
        {
            int index = field++;
            if (index >= fieldsSent)
            {
                return false;
            }

            byte found = ReadHeader();
            if (found == Packed.TagRaw)
            {
                KeepRaw(index);
                Expect(length >= Packed.FieldHeader);
                byte* view = payload;
                int viewLength = ReadLength(view + 1);
                Expect(viewLength <= length - Packed.FieldHeader);
                found = *view;
                payload = view + Packed.FieldHeader;
                length = viewLength;
            }

            if (found == Packed.TagAbsent)
            {
                return false;
            }

            Expect(found == tag);
            return true;
        }

        private byte ReadHeader()
        {
            byte* header = Take(Packed.FieldHeader);
            length = ReadLength(header + 1);
            payload = Take(length);
            return *header;
        }

        private void KeepRaw(int index)
        {
            var copy = new byte[length];
            for (int i = 0; i < copy.Length; i++)
            {
                copy[i] = payload[i];
            }

            raw = raw ?? new byte[]?[fieldsKnown];
            raw[index] = copy;
        }
    }
}
