namespace Quipu
{
    public sealed partial class WalEvent
    {
        /// <summary>The record of the event as a <see cref="ChronoRecord"/>. Fields that ChronoRecord does not know
        /// are only in <see cref="Record"/>.</summary>
        public ChronoRecord GetRecord() => ChronoRecord.FromJson(Record);
    }
}
