using System.Runtime.CompilerServices;

namespace WireProxy.Sql.Postgres;

/// <summary>Takes a PL/pgSQL body apart into the SQL that it holds (pl_gram.y of PostgreSQL 15, with its rules for where an expression
/// ends). Each token is either a keyword or a name of PL/pgSQL's own, in a place where the language has one, or part of SQL that
/// is handed on; whatever fits neither makes the body unknown. So nothing can hide in what was read wrongly.</summary>
/// <remarks>libpg_query has a parser for PL/pgSQL too. It is not used, because it ends the process on some inputs (a DO without a body,
/// errors without a context), and here a client chooses the input.</remarks>
internal sealed class PlPgSqlReader(PlPgSqlCursor cursor, PlPgSqlSql sql)
{
    readonly PlPgSqlCursor _c = cursor;
    readonly PlPgSqlSql _sql = sql;

    /// <exception cref="PlPgSqlUnknownException">The body is not understood; what was read so far has been handed on.</exception>
    /// <exception cref="InsufficientExecutionStackException">Blocks are nested too deeply for this stack.</exception>
    public void Body()
    {
        while (_c.Is("#"u8)) // comp_options: #option dump, #variable_conflict use_column
        {
            _c.Skip(2);
            if (_c.IsWord() && !_c.Is("declare"u8) && !_c.Is("begin"u8))
                _c.Skip();
        }
        Label();
        Block();
        _c.Take(';');
        if (!_c.AtEnd)
            throw new PlPgSqlUnknownException();
    }

    /// <summary><c>&lt;&lt;name&gt;&gt;</c></summary>
    void Label()
    {
        if (!_c.Take("<<"u8))
            return;
        _c.ExpectName();
        _c.Expect(">>"u8);
    }

    void Block()
    {
        if (_c.Take("declare"u8))
            Declarations();
        _c.Expect("begin"u8);
        Statements();
        if (_c.Take("exception"u8))
        {
            _sql.Catches = true;
            while (_c.Take("when"u8))
            {
                _c.Until(c => c.Is("then"u8)); // Names of conditions and SQLSTATEs.
                _c.Skip();
                Statements();
            }
        }
        _c.Expect("end"u8);
        if (_c.IsWord())
            _c.Skip(); // The label again.
    }

    void Declarations()
    {
        while (!_c.Is("begin"u8))
        {
            if (_c.Take("declare"u8))
                continue;
            var name = _c.Position;
            _sql.Declared(name);
            _c.ExpectName();
            if (_c.Take("alias"u8))
            {
                _sql.Assigned(new(name, _c.UntilSemicolon().To)); // FOR name or $1
                _c.Skip();
                continue;
            }
            var scrollable = _c.Is("scroll"u8) ? 1 : _c.Is("no"u8) && _c.Is("scroll"u8, 1) ? 2 : 0;
            if (_c.Is("cursor"u8, scrollable))
            {
                _c.Skip(scrollable + 1);
                _c.Until(c => c.Is("for"u8) || c.Is("is"u8)); // Arguments: names and types.
                _c.Skip();
                _sql.Statement(_c.UntilSemicolon());
                _sql.DeclaredEmpty(name);
                _c.Skip();
                continue;
            }
            // CONSTANT, a type, COLLATE, NOT NULL: none of them runs SQL.
            _c.Until(c => c.Kind is ';' or '=' || c.Is(":="u8) || c.Is("default"u8));
            if (_c.Kind != ';')
            {
                _sql.Assigned(new(name, name + 1));
                _c.Skip();
                _sql.Expression(_c.UntilSemicolon());
            }
            else
                _sql.DeclaredEmpty(name);
            _c.Skip();
        }
    }

    void Statements()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        while (!_c.Is("end"u8) && !_c.Is("exception"u8) && !_c.Is("else"u8) && !_c.Is("elsif"u8) && !_c.Is("elseif"u8)
            && !_c.Is("when"u8))
            Statement();
    }

    void Statement()
    {
        if (Assignment())
            return;
        Label();
        if (_c.Is("declare"u8) || _c.Is("begin"u8))
        {
            Block();
            _c.Expect(';');
        }
        else if (_c.Take("if"u8))
            If();
        else if (_c.Take("case"u8))
            Case();
        else if (_c.Is("loop"u8))
            Loop();
        else if (_c.Take("while"u8))
        {
            _sql.Role = PlPgSqlRole.Condition;
            _sql.Expression(_c.Until(c => c.Is("loop"u8)));
            _sql.Role = PlPgSqlRole.Value;
            Loop();
        }
        else if (_c.Take("for"u8))
        {
            new PlPgSqlStatements(_c, _sql).For();
            Loop();
        }
        else if (_c.Take("foreach"u8))
        {
            _sql.Assigned(_c.Until(c => c.Is("array"u8))); // Variables, SLICE n, IN
            _c.Skip();
            _sql.Expression(_c.Until(c => c.Is("loop"u8)));
            Loop();
        }
        else
        {
            new PlPgSqlStatements(_c, _sql).Simple();
            _c.Expect(';');
        }
    }

    void If()
    {
        Condition();
        while (_c.Take("elsif"u8) || _c.Take("elseif"u8))
            Condition();
        if (_c.Take("else"u8))
            Statements();
        _c.Expect("end"u8);
        _c.Expect("if"u8);
        _c.Expect(';');
    }

    void Condition()
    {
        _sql.Role = PlPgSqlRole.Condition;
        _sql.Expression(_c.Until(c => c.Is("then"u8)));
        _sql.Role = PlPgSqlRole.Value;
        _c.Skip();
        Statements();
    }

    void Case()
    {
        if (!_c.Is("when"u8))
        {
            _sql.ComparesCases = true;
            _sql.Role = PlPgSqlRole.Condition;
            _sql.Expression(_c.Until(c => c.Is("when"u8)));
            _sql.Role = PlPgSqlRole.Value;
        }
        while (_c.Take("when"u8))
            Condition();
        if (_c.Take("else"u8))
            Statements();
        _c.Expect("end"u8);
        _c.Expect("case"u8);
        _c.Expect(';');
    }

    void Loop()
    {
        _c.Expect("loop"u8);
        Statements();
        _c.Expect("end"u8);
        _c.Expect("loop"u8);
        if (_c.IsWord())
            _c.Skip(); // The label again.
        _c.Expect(';');
    }

    /// <summary><c>name.field[subscript] := expression;</c> A variable may have the name of a keyword that is not reserved, so this
    /// is tried first.</summary>
    bool Assignment()
    {
        var start = _c.Position;
        if (!_c.IsWord() && _c.Kind != Token.Parameter)
            return false;
        _c.Skip();
        while (_c.Kind is '.' or '[')
        {
            if (_c.Take('.'))
            {
                if (!_c.IsWord())
                    break;
                _c.Skip();
                continue;
            }
            _c.Skip();
            _c.Until(c => c.Kind == ']');
            _c.Skip();
        }
        var target = new PlPgSqlRange(start, _c.Position);
        if (!_c.Take(":="u8) && !_c.Take('='))
        {
            _c.MoveTo(start);
            return false;
        }
        _sql.Role = PlPgSqlRole.Target;
        _sql.Expression(target); // Its subscripts are expressions.
        _sql.Role = PlPgSqlRole.Value;
        var before = _sql.Texts.Count;
        _sql.Expression(_c.UntilSemicolon());
        _sql.Target(target, _sql.Texts.Count > before ? before : -1);
        _c.Skip();
        return true;
    }
}
