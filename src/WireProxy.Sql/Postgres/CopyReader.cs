namespace WireProxy.Sql.Postgres;

/// <summary>Reads COPY and its options, in the syntax of parentheses and in the older ones, which the grammar turns into the
/// same list (gram.y: CopyStmt, copy_opt_item). Defaults are those of ProcessCopyOptions (copy.c).</summary>
internal static class CopyReader
{
    public static void Read(TreeNode node, FactsBuilder facts)
    {
        if (node.Flag(Tree.CopyIsProgram))
        {
            facts.InnerCommand(CommandTable.CopyProgram);
            return;
        }
        if (node.Has(Tree.CopyFileName))
        {
            facts.InnerCommand(CommandTable.CopyFile);
            facts.HasUnknownSql |= ServerCode.Of(node) is not null;
            return;
        }
        var options = Options.Of(node);
        var isCsv = options.Format == "csv";
        var quote = One(options.Quote, isCsv ? (byte)'"' : (byte)0);
        var isFrom = node.Flag(Tree.CopyIsFrom);
        var relation = node.Child(Tree.CopyRelation);
        var columns = System.Collections.Immutable.ImmutableArray.CreateBuilder<string>();
        foreach (var column in node.Items(Tree.CopyColumns))
            columns.Add(NameReader.Text(column));
        facts.Copy = new(
            ToClient: !isFrom,
            FromClient: isFrom,
            Relation: relation.IsAbsent ? null : new(relation.Text(Tree.RangeCatalog), relation.Text(Tree.RangeSchema),
                relation.Text(Tree.RangeName) ?? "", IsRead: !isFrom, IsWritten: isFrom, Unbounded: !isFrom),
            Columns: columns.ToImmutable(),
            InnerQuery: null,
            Format: options.Format,
            Delimiter: One(options.Delimiter, isCsv ? (byte)',' : (byte)'\t'),
            Quote: quote,
            Escape: One(options.Escape, quote),
            Null: options.Null ?? (isCsv ? "" : "\\N"),
            Header: options.Header)
        { Encoding = options.Encoding };
    }

    static byte One(string? text, byte otherwise) => text is { Length: > 0 } && text[0] < 0x80 ? (byte)text[0] : otherwise;

    sealed class Options
    {
        public string Format { get; private set; } = "text";
        public string? Delimiter { get; private set; }
        public string? Quote { get; private set; }
        public string? Escape { get; private set; }
        public string? Null { get; private set; }
        public string? Encoding { get; private set; }
        public bool Header { get; private set; }

        public static Options Of(TreeNode copy)
        {
            var options = new Options();
            foreach (var option in copy.Items(Tree.CopyOptions))
                options.Take(option);
            return options;
        }

        void Take(TreeNode option)
        {
            var value = option.Child(Tree.DefArg);
            var text = value.Is(Tree.String) ? NameReader.Text(value) : null;
            switch (option.Text(Tree.DefName))
            {
                case "format": Format = text ?? Format; break;
                case "delimiter": Delimiter = text; break;
                case "quote": Quote = text; break;
                case "escape": Escape = text; break;
                case "null": Null = text; break;
                case "encoding": Encoding = text; break;
                case "header": Header = IsTrue(value, text); break;
            }
        }

        /// <summary>As defGetCopyHeaderChoice (copy.c): nothing, a number, a boolean, true, on, false, off or match.</summary>
        static bool IsTrue(TreeNode value, string? text)
        {
            if (value.IsAbsent)
                return true;
            if (text is not null)
                return !text.Equals("false", StringComparison.OrdinalIgnoreCase) && !text.Equals("off", StringComparison.OrdinalIgnoreCase);
            return value.Number(1) != 0; // Integer.ival and Boolean.boolval; protobuf leaves out a zero.
        }
    }
}
