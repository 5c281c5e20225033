using System.Runtime.CompilerServices;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Gathers what an expression or condition is made of. Every node below is visited, so that an expression that this code has
/// no rule for is made of all that it names; what is named in a condition inside an expression counts too.</summary>
internal sealed class ExpressionLineage(Resolver resolver, Scope? scope, IReadOnlyDictionary<string, Rows>? queries) : TSqlFragmentVisitor
{
    bool _inTest;

    public SourceSet Sources { get; private set; } = SourceSet.Empty;

    void Add(SourceSet sources) => Sources = Sources.Union(sources);

    public override void Visit(TSqlFragment fragment) => RuntimeHelpers.EnsureSufficientExecutionStack();

    public override void ExplicitVisit(ColumnReferenceExpression node)
    {
        if (node.ColumnType is ColumnType.Wildcard or ColumnType.PseudoColumnAction)
            return;
        Add(resolver.Column(node, scope).Sources);
    }

    public override void ExplicitVisit(VariableReference node)
    {
        var sources = resolver.Frame.Variable(node.Name);
        resolver.Effects.Touch(sources);
        Add(sources);
    }

    public override void ExplicitVisit(ScalarSubquery node)
    {
        var (rows, predicates) = resolver.Queries.Resolve(node.QueryExpression, scope, queries);
        Add(rows.All);
        if (_inTest)
            Add(predicates); // EXISTS, IN, ANY, ALL tell which rows there are.
    }

    public override void ExplicitVisit(ExistsPredicate node) => Test(node);

    public override void ExplicitVisit(InPredicate node) => Test(node);

    public override void ExplicitVisit(SubqueryComparisonPredicate node) => Test(node);

    void Test(TSqlFragment node)
    {
        var inTest = _inTest;
        _inTest = true;
        node.AcceptChildren(this);
        _inTest = inTest;
    }

    public override void ExplicitVisit(FullTextPredicate node)
    {
        foreach (var column in node.Columns)
            if (column.ColumnType == ColumnType.Wildcard)
                Add(scope?.Star(null, NameText.Part(column.MultiPartIdentifier, 0))?.All ?? SourceSet.Everything);
            else
                column.Accept(this);
        node.Value?.Accept(this);
    }

    public override void ExplicitVisit(FunctionCall node)
    {
        node.AcceptChildren(this);
        if (Wildcards.AreValues(node))
            Add(resolver.Star(scope));
        Add(node.CallTarget switch
        {
            null => Plain(node.FunctionName.Value),
            MultiPartIdentifierCallTarget target => Target(target.MultiPartIdentifier, node),
            UserDefinedTypeCallTarget => SourceSet.Everything, // A method of a CLR type.
            _ => SourceSet.Empty, // A method of an expression: what it is called on has been visited.
        });
    }

    SourceSet Plain(string function) => SystemNames.TellsMore(function) ? resolver.Unknown(function)
        : NameText.Same(function, "ERROR_MESSAGE") ? resolver.Session.Touched.Union(resolver.Effects.Touched)
        : SourceSet.Empty;

    /// <summary>schema.function(...), or column.method(...) of an xml or CLR value.</summary>
    SourceSet Target(MultiPartIdentifier before, FunctionCall node)
    {
        var column = scope?.Find(NameText.Part(before, 2), NameText.Part(before, 1), NameText.Part(before, 0) ?? "");
        if (column is not null)
            resolver.Effects.Touch(column.Sources);
        var function = before.Count > 2 ? null
            : resolver.Modules.Scalar(NameText.Part(before, 1), NameText.Part(before, 0), node.FunctionName.Value,
                [.. node.Parameters.Select(p => resolver.Expression(p, scope, queries))]);
        return function is null && column is null ? resolver.Unknown("a function that the catalog does not know")
            : (function ?? SourceSet.Empty).Union(column?.Sources ?? SourceSet.Empty);
    }

    public override void ExplicitVisit(UserDefinedTypePropertyAccess node) => Add(resolver.Unknown("a property of a CLR type"));

    // Names that are no values.
    public override void ExplicitVisit(SchemaObjectName node) { }

    public override void ExplicitVisit(SqlDataTypeReference node) { }

    public override void ExplicitVisit(UserDataTypeReference node) { }

    public override void ExplicitVisit(XmlDataTypeReference node) { }
}
