using System.Buffers.Binary;
using System.Security.Cryptography;

namespace WireProxy.Capture.Format;

/// <summary>
/// What is said, and where there is a key signed, about the records of one segment: in its own footer, or when it has none
/// in the header of the segment that follows (protocol-specs/capture/format.md, "Attestations").
/// <code>
///   0  8 segment number       8  8 records covered     16  8 bytes covered: where the last of these records ends
///  24 32 hash of the last    56 32 Merkle root         88 32 key id: SHA-256 of the key's SubjectPublicKeyInfo, or zeros
/// 120 64 signature r, s over "WPJ-ATTEST-V1\n", a zero byte and bytes 0 to 119, or zeros
/// </code>
/// </summary>
internal sealed record Attestation(
    long Segment, long Records, long Length, byte[] LastHash, byte[] Root, byte[] KeyId, byte[] Signature)
{
    public const int Bytes = 184;
    private const int SignedBytes = 120;
    private const int SignatureBytes = 64;
    private const DSASignatureFormat SignatureFormat = DSASignatureFormat.IeeeP1363FixedFieldConcatenation;

    private static ReadOnlySpan<byte> Domain => "WPJ-ATTEST-V1\n\0"u8;

    public bool IsSigned => KeyId.AsSpan().ContainsAnyExcept((byte)0);

    public static Attestation Make(long segment, long records, long length, byte[] lastHash, byte[] root, ECDsa? key)
    {
        byte[] keyId = key is null ? new byte[32] : IdOf(key);
        var unsigned = new Attestation(segment, records, length, lastHash, root, keyId, new byte[SignatureBytes]);
        if (key is null)
            return unsigned;
        return unsigned with { Signature = key.SignData(unsigned.Message(), HashAlgorithmName.SHA256, SignatureFormat) };
    }

    public static byte[] IdOf(ECDsa key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo());

    public bool SignatureHolds(ECDsa key) =>
        key.VerifyData(Message(), Signature, HashAlgorithmName.SHA256, SignatureFormat);

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteInt64LittleEndian(to, Segment);
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], Records);
        BinaryPrimitives.WriteInt64LittleEndian(to[16..], Length);
        LastHash.CopyTo(to[24..]);
        Root.CopyTo(to[56..]);
        KeyId.CopyTo(to[88..]);
        Signature.CopyTo(to[SignedBytes..]);
    }

    public static Attestation Read(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadInt64LittleEndian(from),
        BinaryPrimitives.ReadInt64LittleEndian(from[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(from[16..]),
        from.Slice(24, 32).ToArray(), from.Slice(56, 32).ToArray(), from.Slice(88, 32).ToArray(),
        from.Slice(SignedBytes, SignatureBytes).ToArray());

    private byte[] Message()
    {
        Span<byte> all = stackalloc byte[Bytes];
        Write(all);
        return [.. Domain, .. all[..SignedBytes]];
    }
}
