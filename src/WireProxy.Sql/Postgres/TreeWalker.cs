using System.Runtime.CompilerServices;

namespace WireProxy.Sql.Postgres;

/// <summary>Walks the parse tree of one statement and tells a <see cref="FactsBuilder"/> what it meets. Every message field of
/// every node is visited, whether this code knows the node or not; <see cref="NodeHandler"/> lists those that mean something.</summary>
internal sealed class TreeWalker
{
    /// <summary>How a relation that is met outside a query counts: an object of DDL is changed by it.</summary>
    enum Mention { Read, Written, Emptied, Named }

    readonly FactsBuilder _facts = new();
    readonly CteScope _ctes = new();
    readonly Bounds _bounds = new();
    Mention _mention;
    bool _levelIsBound, _selectIsCommand;

    static TreeWalker() => NodeHandlers.Assign();

    public FactsBuilder Facts => _facts;

    /// <summary>What the walk left for afterwards: bodies in other languages, and literals to be hidden.</summary>
    public Findings Findings { get; } = new();

    /// <summary>Walks a whole statement.</summary>
    /// <exception cref="InsufficientExecutionStackException">The tree is deeper than this thread's stack allows.</exception>
    public void Statement(TreeNode node)
    {
        var command = node.Type.Command
            ?? throw new InvalidDataException($"The parser's tree has a statement {node.Type.Name} without a command.");
        var tag = command.Tag(node);
        if (_facts.Command is null)
            _facts.Command = tag;
        else
            _facts.InnerCommand(tag);
        var kind = command.Class(node);
        _facts.Class(kind);
        _facts.ChangesCatalog |= kind == StatementClass.Ddl;
        ChangeReader.Read(node, kind, _facts);

        var mention = _mention;
        _selectIsCommand = false;
        _mention = kind switch
        {
            StatementClass.Ddl or StatementClass.Role => Mention.Written,
            StatementClass.Misc => Mention.Named,
            StatementClass.Write when node.Is(Tree.TruncateStmt) => Mention.Emptied,
            _ => Mention.Read,
        };
        switch (node.Type.Handler)
        {
            case NodeHandler.Select: Select(node, false); break;
            case NodeHandler.Insert: Insert(node); break;
            case NodeHandler.Update: Update(node); break;
            case NodeHandler.Delete: Delete(node); break;
            case NodeHandler.Merge: Merge(node); break;
            case NodeHandler.Copy: Copy(node); break;
            default:
                // Before the children, so that the statement's own objects are named first.
                StatementReader.Read(node, _facts, Findings);
                Children(node, selectIsCommand: true);
                break;
        }
        _mention = mention;
    }

    void Visit(TreeNode node)
    {
        if (node.IsAbsent)
            return;
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var type = node.Type;
        if (type.Command is not null && type.Handler != NodeHandler.Part && (type.Handler != NodeHandler.Select || _selectIsCommand))
        {
            Statement(node);
            return;
        }
        Node(node);
    }

    void Node(TreeNode node)
    {
        switch (node.Type.Handler)
        {
            case NodeHandler.Select:
                Select(node, false);
                break;
            case NodeHandler.RangeVar:
                Relation(node);
                break;
            case NodeHandler.ColumnRef:
                NameReader.Column(node.Items(Tree.ColumnFields), _facts);
                break;
            case NodeHandler.Indirection:
                NameReader.Indirection(node.Items(Tree.IndirectionItems), _facts);
                Children(node);
                break;
            case NodeHandler.FuncCall:
                FunctionReader.Call(node, _facts, Findings);
                Children(node);
                break;
            case NodeHandler.Operator:
                OperatorReader.Read(node, _facts);
                goto case NodeHandler.Compares;
            case NodeHandler.Cast:
                _facts.UsesOperatorsOrTypes |= !NameReader.IsGrammarType(node.Child(Tree.TypeCastType));
                Children(node);
                break;
            case NodeHandler.Compares:
                _facts.UsesOperatorsOrTypes = true;
                Children(node);
                break;
            case NodeHandler.Sample:
                NameReader.Function(node.Items(Tree.SampleMethod), _facts);
                Children(node);
                break;
            case NodeHandler.Subselect:
                Subselect(node);
                break;
            case NodeHandler.Join:
                NameReader.Join(node, _facts);
                _facts.UsesOperatorsOrTypes = true; // USING and NATURAL compare.
                Children(node);
                break;
            case NodeHandler.Locking:
                break; // FOR UPDATE OF names what FROM already names.
            case NodeHandler.Into:
                Into(node);
                break;
            case NodeHandler.ReadRelations:
                AsRead(node);
                break;
            case NodeHandler.Names or NodeHandler.Part:
                StatementReader.Names(node, _facts, Findings);
                Children(node);
                break;
            default:
                Children(node, _selectIsCommand && node.Is(Tree.List));
                break;
        }
    }

    /// <param name="selectIsCommand">Whether a SELECT right below is a statement of its own, as in PREPARE, and not a subquery.</param>
    void Children(TreeNode node, bool selectIsCommand = false)
    {
        var fields = node.Type.Fields;
        var reader = new ProtoReader(node.Bytes);
        while (reader.Next())
        {
            var field = (uint)reader.Field < (uint)fields.Length ? fields[reader.Field] : null;
            if (field is null)
                throw TreeNode.Unknown(node.Type, reader.Field);
            if (field.Type is null)
                continue;
            _selectIsCommand = selectIsCommand;
            // What is there by its own type, and not as a Node that may be anything, is a part: ALTER ROLE's SET, CREATE FOREIGN TABLE's
            // CREATE TABLE.
            if (field.Type.Command is not null)
                Part(new(field.Type, reader.Bytes));
            else
                Visit(TreeNode.Unwrap(field.Type, reader.Bytes));
        }
        _selectIsCommand = false;
    }

    void Part(TreeNode node)
    {
        StatementReader.Names(node, _facts, Findings);
        Children(node);
    }

    /// <summary>Visits all fields but one, which the caller has dealt with.</summary>
    void ChildrenExcept(TreeNode node, int first, int second = 0)
    {
        var fields = node.Type.Fields;
        var reader = new ProtoReader(node.Bytes);
        while (reader.Next())
            if (reader.Field != first && reader.Field != second && fields[reader.Field]?.Type is { } type)
                Visit(TreeNode.Unwrap(type, reader.Bytes));
    }

    void Select(TreeNode node, bool isBoundAbove)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        _selectIsCommand = false;
        var (mention, outer) = (_mention, _levelIsBound);
        _mention = Mention.Read;
        var scope = With(node.Child(Tree.SelectWith));
        var isBound = _levelIsBound = _bounds.OfSelect(node, isBoundAbove);
        if (node.Has(Tree.SelectInto))
        {
            _facts.Class(StatementClass.Read);
            _facts.ChangesCatalog = true;
        }
        var fields = node.Type.Fields;
        var reader = new ProtoReader(node.Bytes);
        while (reader.Next())
        {
            if (fields[reader.Field]?.Type is not { } type || reader.Field == Tree.SelectWith)
                continue;
            if (reader.Field == Tree.SelectLeft || reader.Field == Tree.SelectRight)
                Select(TreeNode.Unwrap(type, reader.Bytes), isBound);
            else
                Visit(TreeNode.Unwrap(type, reader.Bytes));
            _levelIsBound = isBound;
        }
        _ctes.Leave(scope);
        (_mention, _levelIsBound) = (mention, outer);
    }

    /// <summary>A subquery in FROM: a condition or limit around it counts for it too, where it passes rows through one by one.</summary>
    void Subselect(TreeNode node)
    {
        var query = node.Child(Tree.SubselectQuery);
        if (query.Is(Tree.SelectStmt))
            Select(query, _levelIsBound);
        else
            Visit(query);
        ChildrenExcept(node, Tree.SubselectQuery);
    }

    /// <summary>Brings the names of a WITH clause into scope and walks its queries; returns the mark to leave the scope with.</summary>
    int With(TreeNode with)
    {
        var scope = _ctes.Enter();
        if (with.IsAbsent)
            return scope;
        var isRecursive = with.Flag(Tree.WithRecursive);
        if (isRecursive)
            foreach (var cte in with.Items(Tree.WithCtes))
                _ctes.Add(cte.Text(Tree.CteName));
        foreach (var cte in with.Items(Tree.WithCtes))
        {
            var outer = _levelIsBound;
            _levelIsBound = false;
            Visit(cte);
            _levelIsBound = outer;
            if (!isRecursive)
                _ctes.Add(cte.Text(Tree.CteName));
        }
        return scope;
    }

    void Insert(TreeNode node)
    {
        var scope = With(node.Child(Tree.InsertWith));
        var target = node.Child(Tree.InsertRelation);
        var conflict = node.Child(Tree.InsertConflict);
        var reads = node.Has(Tree.InsertReturning) || conflict.Has(Tree.ConflictTargets);
        Target(target, reads, unbounded: false);
        if (node.Has(Tree.InsertColumns))
            NameReader.Targets(node.Items(Tree.InsertColumns), target, _facts);
        else
            _facts.Column(target.Text(Tree.RangeSchema), target.Text(Tree.RangeName), "*");
        NameReader.Targets(conflict.Items(Tree.ConflictTargets), target, _facts);
        _levelIsBound = false;
        ChildrenExcept(node, Tree.InsertRelation, Tree.InsertWith);
        _ctes.Leave(scope);
    }

    void Update(TreeNode node)
    {
        var scope = With(node.Child(Tree.UpdateWith));
        var isBound = _levelIsBound = _bounds.OfCondition(node.Child(Tree.UpdateWhere));
        var target = node.Child(Tree.UpdateRelation);
        Target(target, reads: true, !isBound);
        NameReader.Targets(node.Items(Tree.UpdateTargets), target, _facts);
        ChildrenExcept(node, Tree.UpdateRelation, Tree.UpdateWith);
        _ctes.Leave(scope);
    }

    void Delete(TreeNode node)
    {
        var scope = With(node.Child(Tree.DeleteWith));
        var isBound = _levelIsBound = _bounds.OfCondition(node.Child(Tree.DeleteWhere));
        var reads = node.Has(Tree.DeleteWhere) || node.Has(Tree.DeleteUsing) || node.Has(Tree.DeleteReturning);
        Target(node.Child(Tree.DeleteRelation), reads, !isBound);
        ChildrenExcept(node, Tree.DeleteRelation, Tree.DeleteWith);
        _ctes.Leave(scope);
    }

    void Merge(TreeNode node)
    {
        var scope = With(node.Child(Tree.MergeWith));
        var target = node.Child(Tree.MergeRelation);
        Target(target, reads: true, !_bounds.OfCondition(node.Child(Tree.MergeCondition)));
        _levelIsBound = false; // Every row of the source is read.
        ChildrenExcept(node, Tree.MergeRelation, Tree.MergeWith);
        _ctes.Leave(scope);
    }

    void Copy(TreeNode node)
    {
        var isFrom = node.Flag(Tree.CopyIsFrom);
        var relation = node.Child(Tree.CopyRelation);
        if (!relation.IsAbsent)
        {
            var isBound = _bounds.OfCondition(node.Child(Tree.CopyWhere));
            _facts.Relation(relation.Text(Tree.RangeCatalog), relation.Text(Tree.RangeSchema), relation.Text(Tree.RangeName) ?? "",
                read: !isFrom, written: isFrom, unbounded: !isFrom && !isBound);
            if (node.Has(Tree.CopyColumns))
                NameReader.Columns(node.Items(Tree.CopyColumns), relation, _facts);
            else
                _facts.Column(relation.Text(Tree.RangeSchema), relation.Text(Tree.RangeName), "*");
        }
        CopyReader.Read(node, _facts);
        _selectIsCommand = true;
        Visit(node.Child(Tree.CopyQuery));
        _selectIsCommand = false;
        ChildrenExcept(node, Tree.CopyRelation, Tree.CopyQuery);
    }

    void Target(TreeNode relation, bool reads, bool unbounded)
    {
        _facts.Relation(relation.Text(Tree.RangeCatalog), relation.Text(Tree.RangeSchema), relation.Text(Tree.RangeName) ?? "",
            reads, written: true, unbounded);
        NameReader.Alias(relation, _facts);
    }

    void Relation(TreeNode node)
    {
        var (database, schema, name) = (node.Text(Tree.RangeCatalog), node.Text(Tree.RangeSchema), node.Text(Tree.RangeName) ?? "");
        // A bare name in a query is the WITH query of that name where one is in scope (parse_clause.c, getNSItemForSpecialRelationTypes).
        if (_mention == Mention.Read && schema is null && _ctes.Contains(name))
            return;
        var isRead = _mention == Mention.Read;
        _facts.Relation(database, schema, name, isRead, _mention is Mention.Written or Mention.Emptied,
            _mention == Mention.Emptied || (isRead && !_levelIsBound));
        NameReader.Alias(node, _facts);
    }

    void Into(TreeNode node)
    {
        var mention = _mention;
        _mention = Mention.Written;
        Children(node);
        _mention = mention;
    }

    /// <summary>A part of DDL that only looks at other relations: LIKE and REFERENCES show no row, a publication shows all.</summary>
    void AsRead(TreeNode node)
    {
        StatementReader.Names(node, _facts, Findings);
        var (mention, bound) = (_mention, _levelIsBound);
        (_mention, _levelIsBound) = (Mention.Read, !node.Is(Tree.PublicationTable));
        Children(node);
        (_mention, _levelIsBound) = (mention, bound);
    }
}
