CREATE DATABASE clinic
GO
CREATE DATABASE annex
GO
USE annex
GO
CREATE TABLE dbo.patients (id int PRIMARY KEY, ssn char(11) NOT NULL, full_name nvarchar(100) NOT NULL)
GO
INSERT INTO dbo.patients VALUES (1, '900-44-7777', N'Zephyrine Annex')
GO
USE clinic
GO
CREATE TABLE dbo.patients (
  id int NOT NULL CONSTRAINT PK_patients PRIMARY KEY, ssn char(11) NOT NULL CONSTRAINT UQ_ssn UNIQUE, full_name nvarchar(100) NOT NULL,
  born date NULL, postcode varchar(10) NULL, weight decimal(6,2) NULL, notes nvarchar(max) NULL, photo varbinary(max) NULL,
  extra sql_variant NULL, record xml NULL, ward nvarchar(20) NULL)
GO
INSERT INTO dbo.patients (id, ssn, full_name, born, postcode, weight, notes, photo, extra, record, ward) VALUES
  (1, '900-11-1234', N'Zephyrine Quillfeather', '1987-06-05', '90210', 81.25, N'diagnosis-zx one', 0xCAFEBABE01, CAST(N'penicillin-zx' AS nvarchar(40)), N'<r a="diagnosis-zx">latex-zx</r>', N'north'),
  (2, '900-22-5678', N'Otto Umberhart', '1954-11-23', '10115', 64.5, NULL, NULL, CAST(81 AS int), NULL, N'south'),
  (3, '900-33-9012', N'Umberhart Zephyrine', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
GO
CREATE VIEW dbo.called AS SELECT id, full_name AS name, ward FROM dbo.patients
GO
CREATE TABLE dbo.wards (name nvarchar(20) NOT NULL PRIMARY KEY, beds int NOT NULL)
GO
INSERT INTO dbo.wards VALUES (N'north', 12), (N'south', 20)
GO
CREATE TABLE dbo.executed (id int NOT NULL PRIMARY KEY, filler nvarchar(max) NULL)
GO
CREATE TABLE dbo.loads (client varchar(20) NOT NULL, id int NOT NULL, label nvarchar(100) NULL, amount decimal(10,2) NULL)
GO
CREATE TABLE dbo.condemned (id int)
GO
ADD SENSITIVITY CLASSIFICATION TO dbo.patients.ssn WITH (LABEL = 'Highly Confidential', INFORMATION_TYPE = 'National ID', RANK = CRITICAL)
GO
ADD SENSITIVITY CLASSIFICATION TO dbo.patients.full_name WITH (LABEL = 'Confidential', INFORMATION_TYPE = 'Name', RANK = MEDIUM)
GO
ADD SENSITIVITY CLASSIFICATION TO dbo.wards.name, dbo.patients.ward WITH (LABEL = 'General', RANK = LOW)
GO
CREATE TYPE dbo.id_list AS TABLE (id int NOT NULL, label nvarchar(20) NULL)
GO
CREATE PROCEDURE dbo.p_patient @id int AS BEGIN SELECT id, full_name, ssn FROM dbo.patients WHERE id = @id END
GO
CREATE PROCEDURE dbo.p_name_out @id int, @name nvarchar(100) OUTPUT AS BEGIN SELECT @name = full_name FROM dbo.patients WHERE id = @id; RETURN 3 END
GO
CREATE PROCEDURE dbo.p_print @id int AS BEGIN DECLARE @n nvarchar(100); SELECT @n = full_name FROM dbo.patients WHERE id = @id; PRINT @n END
GO
CREATE PROCEDURE dbo.p_raise @id int AS BEGIN DECLARE @n nvarchar(100); SELECT @n = full_name FROM dbo.patients WHERE id = @id; RAISERROR(@n, 16, 1) END
GO
CREATE PROCEDURE dbo.p_dynamic @t nvarchar(40) AS BEGIN EXEC(N'SELECT full_name FROM ' + @t) END
GO
CREATE PROCEDURE dbo.p_multi @a int = 1 AS BEGIN SELECT @a AS a; SELECT name, beds FROM dbo.wards ORDER BY name; PRINT 'done'; RETURN 7 END
GO
CREATE PROCEDURE dbo.p_out @x int, @y int OUTPUT, @z nvarchar(20) OUTPUT AS BEGIN SET @y = @x * 2; SET @z = N'got ' + CAST(@x AS nvarchar(10)); SELECT @x AS x; RETURN 5 END
GO
CREATE PROCEDURE dbo.p_msg AS BEGIN PRINT 'hello'; RAISERROR('note %d', 10, 1, 42); RAISERROR('bad %s', 16, 2, 'thing') END
GO
CREATE TABLE dbo.alltypes (c_int int, c_tiny tinyint, c_small smallint, c_big bigint, c_bit bit, c_dec decimal(28,10), c_num numeric(10,2),
  c_money money, c_smoney smallmoney, c_real real, c_float float, c_date date, c_time time(7), c_dt datetime, c_sdt smalldatetime,
  c_dt2 datetime2(7), c_dto datetimeoffset(7), c_char char(10), c_vc varchar(50), c_vcmax varchar(max), c_text text, c_nchar nchar(10),
  c_nvc nvarchar(50), c_nvcmax nvarchar(max), c_ntext ntext, c_bin binary(4), c_vbin varbinary(50), c_vbinmax varbinary(max),
  c_image image, c_guid uniqueidentifier, c_xml xml, c_var sql_variant)
GO
INSERT INTO dbo.alltypes VALUES
  (2147483647, 255, -32768, 9223372036854775807, 1, 123456789012345678.0123456789, -12345678.90, 922337203685477.5807, -214748.3648, 1.5,
   -2.25e100, '2024-02-29', '23:59:59.1234567', '2024-02-29T12:34:56.997', '2024-02-29 12:34', '2024-02-29 12:34:56.1234567',
   '2024-02-29 12:34:56.1234567 +05:30', 'abc', 'varchar é', 'max', 'text', N'nchar', N'nvarchar ☃', N'nmax', N'ntext', 0x01020304,
   0xDEADBEEF, 0x00FF, 0xCAFE, '6F9619FF-8B86-D011-B42D-00C04FC964FF', N'<a b="1">x</a>', CAST(42 AS int))
GO
INSERT INTO dbo.alltypes (c_int) VALUES (NULL)
GO
