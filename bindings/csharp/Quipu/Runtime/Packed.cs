namespace Quipu
{
    /// <summary>A value that has a packed form: docs/formats/packed.md. The classes are made from the description of
    /// the value types by capi/values/emit_csharp.py.</summary>
    internal interface IPackable
    {
        void Pack(PackedWriter writer);
    }

    /// <summary>The numbers of the packed form, whose own numbers are little-endian, as those of every machine are that
    /// the library is built for.</summary>
    internal static class Packed
    {
        internal const byte Version = 1;

        internal const byte TagAbsent = 0;
        internal const byte TagText = 1;
        internal const byte TagInt64 = 2;
        internal const byte TagDouble = 3;
        internal const byte TagBool = 4;
        internal const byte TagJson = 5;
        internal const byte TagTexts = 6;
        internal const byte TagRaw = 7;

        internal const int FieldHeader = 5;
    }
}
