using System;
using System.Text;

namespace Quipu
{
    /// <summary>Text on its way into the library and out of it.</summary>
    internal static unsafe class Utf8
    {
        // Throws where text has no UTF-8 form, instead of putting U+FFFD in its place without a word.
        private static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        /// <summary>The UTF-8 form with one zero byte after it, which no length counts: pinning an empty array gives
        /// a null pointer, and that would mean "not given".</summary>
        internal static byte[] Encode(string? text, string parameter)
        {
            if (text == null)
            {
                throw new ArgumentNullException(parameter);
            }

            try
            {
                var bytes = new byte[checked(Strict.GetByteCount(text) + 1)];
                Strict.GetBytes(text, 0, text.Length, bytes, 0);
                return bytes;
            }
            catch (EncoderFallbackException e)
            {
                throw Unpaired(e, "The text", parameter);
            }
        }

        /// <summary>As Encode, for text that may be missing.</summary>
        internal static byte[]? EncodeOrNull(string? text, string parameter) =>
            text == null ? null : Encode(text, parameter);

        internal static int Count(string text) => Strict.GetByteCount(text);

        /// <summary>Encodes into a buffer that is known to be large enough.</summary>
        internal static int Encode(string text, byte[] buffer, int at) => Strict.GetBytes(text, 0, text.Length, buffer, at);

        /// <summary>The library hands out UTF-8 only; were it ever to fail in that, U+FFFD shows the place.</summary>
        internal static string Decode(byte* pointer, int length) => Encoding.UTF8.GetString(pointer, length);

        internal static ArgumentException Unpaired(EncoderFallbackException cause, string what, string parameter) =>
            new ArgumentException(
                what + " has an unpaired surrogate at position " + cause.Index + ": it is no Unicode text and cannot be stored.",
                parameter,
                cause);
    }
}
