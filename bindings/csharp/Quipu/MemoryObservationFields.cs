using System;

namespace Quipu
{
    /// <summary>An observation that is to be added, or what is to be changed of one that is there: in a change null
    /// leaves a field as it is, and an empty text empties it. Read during the call, not kept.</summary>
    public sealed class MemoryObservationFields
    {
        /// <summary>The session that a new observation belongs to, which must be there. Stays null in a
        /// change.</summary>
        public string? SessionId { get; set; }

        /// <summary>Free text: decision, bugfix, architecture, discovery, pattern and so on.</summary>
        public string? Type { get; set; }

        /// <summary>One line.</summary>
        public string? Title { get; set; }

        /// <summary>The text itself, not empty.</summary>
        public string? Content { get; set; }

        /// <summary>The tool it comes from; optional.</summary>
        public string? ToolName { get; set; }

        /// <summary>The project; optional. Its name is normalised.</summary>
        public string? Project { get; set; }

        /// <summary><c>personal</c>, or <c>project</c>, which anything else means too.</summary>
        public string? Scope { get; set; }

        /// <summary>Optional: an observation of the same topic, project and scope is written anew instead of a second
        /// one being added. Trimmed, in lower case, white space made <c>-</c>, at most 120 bytes of UTF-8.</summary>
        public string? TopicKey { get; set; }

        /// <summary>A call that takes the fields; null means not given.</summary>
        internal delegate T Call<T>(
            string? sessionId,
            string? type,
            string? title,
            string? content,
            string? toolName,
            string? project,
            string? scope,
            string? topicKey);

        internal static T Pass<T>(MemoryObservationFields fields, string parameter, Call<T> call)
        {
            if (fields == null)
            {
                throw new ArgumentNullException(parameter);
            }

            return call(
                fields.SessionId,
                fields.Type,
                fields.Title,
                fields.Content,
                fields.ToolName,
                fields.Project,
                fields.Scope,
                fields.TopicKey);
        }
    }
}
