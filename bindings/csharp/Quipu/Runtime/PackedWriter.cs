using System;
using System.Collections.Generic;
using System.Text;

namespace Quipu
{
    /// <summary>Writes values in packed form. A value writes itself field by field, in the order of its type's
    /// description: BeginValue, one call per field.</summary>
    /// <remarks>
    /// A field whose typed view does not tell all (a number where a text belongs, a lone surrogate) came with tag 7:
    /// the view and the JSON text as it is in the file. It is sent back the same way as long as it still equals the
    /// view, so that a record that is read, changed in one field and written back keeps every other value exactly.
    /// </remarks>
    internal sealed unsafe class PackedWriter : IDisposable
    {
        private const int FirstSize = 1024;

        // Writers with larger buffers are not kept.
        private const int LargestKept = 1 << 16;
        private const int LargestArray = 0x7FFFFFC7;

        // Up to this length the buffer is simply made large enough for the worst case, three bytes per character.
        private const int ShortText = 1024;

        // The writer that was last used on this thread, for the next call. Whoever takes it leaves none: what the caller
        // passes in may itself call the library while it is packed.
        [ThreadStatic]
        private static PackedWriter? kept;

        private string parameter = "";
        private byte[]?[]? raw;
        private int field;

        internal byte[] Buffer { get; private set; } = new byte[FirstSize];

        internal int Length { get; private set; }

        internal static PackedWriter One(IPackable? value, string parameter)
        {
            if (value == null)
            {
                throw new ArgumentNullException(parameter);
            }

            PackedWriter writer = Take(parameter);
            value.Pack(writer);
            return writer;
        }

        internal static PackedWriter Page(IEnumerable<IPackable?>? values, string parameter)
        {
            if (values == null)
            {
                throw new ArgumentNullException(parameter);
            }

            PackedWriter writer = Take(parameter);
            writer.Byte(Packed.Version);
            int countAt = writer.Skip(4);
            int count = 0;
            foreach (IPackable? value in values)
            {
                if (value == null)
                {
                    throw new ArgumentException("Item " + count + " is null.", parameter);
                }

                int lengthAt = writer.Skip(4);
                value.Pack(writer);
                writer.PutInt32(lengthAt, writer.Length - lengthAt - 4);
                count++;
            }

            writer.PutInt32(countAt, count);
            return writer;
        }

        private static PackedWriter Take(string parameter)
        {
            PackedWriter writer = kept ?? new PackedWriter();
            kept = null;
            writer.parameter = parameter;
            writer.Length = 0;
            return writer;
        }

        /// <summary>Ends the use of the buffer: the call that it was packed for has returned.</summary>
        public void Dispose()
        {
            raw = null;
            if (Buffer.Length <= LargestKept)
            {
                kept = this;
            }
        }

        internal void BeginValue(int fields, byte[]?[]? rawFields)
        {
            Byte(Packed.Version);
            Byte(unchecked((byte)fields));
            Byte(unchecked((byte)(fields >> 8)));
            raw = rawFields;
            field = 0;
        }

        internal void Text(string name, string value)
        {
            int start = BeginField(Packed.TagText);
            AppendUtf8(name, value);
            EndField(start);
        }

        internal void Json(string name, string value)
        {
            int start = BeginField(Packed.TagJson);
            AppendUtf8(name, value);
            EndField(start);
        }

        internal void Int64(long value)
        {
            int start = BeginField(Packed.TagInt64);
            AppendInt64(value);
            EndField(start);
        }

        internal void Double(double value)
        {
            int start = BeginField(Packed.TagDouble);
            AppendInt64(BitConverter.DoubleToInt64Bits(value));
            EndField(start);
        }

        internal void Bool(bool value)
        {
            int start = BeginField(Packed.TagBool);
            Byte(value ? (byte)1 : (byte)0);
            EndField(start);
        }

        internal void Texts(string name, IEnumerable<string?> values)
        {
            int start = BeginField(Packed.TagTexts);
            foreach (string? value in values)
            {
                if (value == null)
                {
                    throw new ArgumentException(name + " holds a null.", parameter);
                }

                int lengthAt = Skip(4);
                AppendUtf8(name, value);
                PutInt32(lengthAt, Length - lengthAt - 4);
            }

            EndField(start);
        }

        private int BeginField(byte tag)
        {
            int start = Skip(Packed.FieldHeader);
            Buffer[start] = tag;
            return start;
        }

        private void EndField(int start)
        {
            PutInt32(start + 1, Length - start - Packed.FieldHeader);
            byte[]? kept = raw?[field];
            field++;
            if (kept != null && IsView(start, kept))
            {
                Length = start;
                Byte(Packed.TagRaw);
                int lengthAt = Skip(4);
                int at = Skip(kept.Length);
                Array.Copy(kept, 0, Buffer, at, kept.Length);
                PutInt32(lengthAt, kept.Length);
            }
        }

        // Whether the field that was just written, from start to the end, is the view that stands first in what was kept.
        private bool IsView(int start, byte[] kept)
        {
            int size = Length - start;
            if (size > kept.Length)
            {
                return false;
            }

            for (int i = 0; i < size; i++)
            {
                if (Buffer[start + i] != kept[i])
                {
                    return false;
                }
            }

            return true;
        }

        private void AppendUtf8(string name, string value)
        {
            try
            {
                Reserve(value.Length <= ShortText ? 3 * value.Length : Utf8.Count(value));
                Length += Utf8.Encode(value, Buffer, Length);
            }
            catch (EncoderFallbackException e)
            {
                throw Utf8.Unpaired(e, name, parameter);
            }
        }

        private void AppendInt64(long value)
        {
            int at = Skip(8);
            fixed (byte* to = &Buffer[at])
            {
                *(long*)to = value;
            }
        }

        private void Byte(byte value)
        {
            Reserve(1);
            Buffer[Length++] = value;
        }

        private void PutInt32(int at, int value)
        {
            fixed (byte* to = &Buffer[at])
            {
                *(int*)to = value;
            }
        }

        /// <summary>Leaves room for size bytes and gives its place.</summary>
        private int Skip(int size)
        {
            Reserve(size);
            int at = Length;
            Length += size;
            return at;
        }

        private void Reserve(int size)
        {
            long wanted = (long)Length + size;
            if (wanted <= Buffer.Length)
            {
                return;
            }

            if (wanted > LargestArray)
            {
                throw new ArgumentException("What is to be written at once comes to more than 2 GiB.", parameter);
            }

            byte[] larger = new byte[Math.Min(LargestArray, Math.Max(wanted, 2L * Buffer.Length))];
            Array.Copy(Buffer, larger, Length);
            Buffer = larger;
        }
    }
}
