namespace Quipu
{
    /// <summary>Told how far a long call is, and asked whether it shall go on. Called on the thread that made the
    /// call, a few times a second at most and once at the end.</summary>
    /// <remarks>Reads of the same store work inside; its writes and its Close throw <see cref="MisuseException"/>.
    /// What the callback throws ends the call and comes out of it as the same object; nothing has changed
    /// then.</remarks>
    /// <param name="done">Steps done so far, never falling.</param>
    /// <param name="total">Steps in all, or -1 when that is not known.</param>
    /// <returns>True to go on; false cancels: the call then throws <see cref="System.OperationCanceledException"/>
    /// and has changed nothing.</returns>
    public delegate bool ProgressCallback(long done, long total);
}
